using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A convolution with the padding of EnCodec: L samples become ⌈L / stride⌉ frames (audiocraft/modules/conv.py).</summary>
internal sealed class StreamableConv1d : Module<Tensor, Tensor>, IStreamable
{
    private readonly NormConv1d conv;
    private readonly long kernel;
    private readonly long stride;
    private readonly long dilation;
    private readonly bool causal;
    private readonly ConvPaddingMode paddingMode;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Padding and normalisation.</param>
    /// <param name="stride">Step; at most the kernel size.</param>
    /// <param name="dilation">Distance between the kernel's taps.</param>
    public StreamableConv1d(long inputs, long outputs, long kernel, ConvOptions options, long stride = 1, long dilation = 1)
        : base(nameof(StreamableConv1d))
    {
        this.kernel = (kernel - 1) * dilation + 1;
        this.stride = stride;
        this.dilation = dilation;
        causal = options.Causal;
        paddingMode = options.PaddingMode;
        conv = new NormConv1d(inputs, outputs, kernel, options);
        RegisterComponents();
    }

    /// <summary>[B, in, T] → [B, out, ⌈T / stride⌉].</summary>
    public override Tensor forward(Tensor input)
    {
        var length = input.size(-1);
        var padding = ConvPadding.For(length, kernel, stride, causal);
        if (IsSymmetric(padding, length))
        {
            return conv.Convolve(input, stride, padding.Left, dilation);
        }

        using var padded = padding.Apply(input, paddingMode);
        return conv.Convolve(padded, stride, 0, dilation);
    }

    /// <inheritdoc/>
    IStreamingLayer IStreamable.OpenStream() => OpenStream();

    /// <inheritdoc cref="IStreamable.OpenStream"/>
    public StreamingConv1d OpenStream() =>
        new(padded => conv.Convolve(padded, stride, 0, dilation), kernel, stride, length => ConvPadding.For(length, kernel, stride, causal), paddingMode);

    /// <summary>
    /// Whether the convolution can add the zeros itself, equally at both ends, which spares a copy of the input.
    /// Zeros behind the last window that is kept do no harm as long as they do not complete another one.
    /// </summary>
    private bool IsSymmetric(ConvPadding padding, long length) =>
        (padding.Left == 0 && padding.Right == 0)
        || (paddingMode == ConvPaddingMode.Constant && padding.Left >= padding.Right
            && (length + 2 * padding.Left - kernel) / stride + 1 == ConvPadding.FrameCount(length, stride));
}
