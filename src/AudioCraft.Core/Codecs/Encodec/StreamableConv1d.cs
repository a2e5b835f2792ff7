using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A convolution with the padding of EnCodec: L samples become ⌈L / stride⌉ frames (audiocraft/modules/conv.py).</summary>
internal sealed class StreamableConv1d : CodecLayer
{
    private readonly NormConv1d conv;
    private readonly ConvGeometry geometry;
    private readonly bool causal;
    private readonly ConvPaddingMode paddingMode;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Padding and normalization.</param>
    /// <param name="stride">Step; at most the kernel size.</param>
    /// <param name="dilation">Distance between the kernel's taps.</param>
    public StreamableConv1d(long inputs, long outputs, long kernel, ConvOptions options, long stride = 1, long dilation = 1)
        : base(nameof(StreamableConv1d))
    {
        geometry = new(kernel, stride, dilation);
        causal = options.Causal;
        paddingMode = options.PaddingMode;
        conv = new NormConv1d(inputs, outputs, kernel, options);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => [geometry];

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingConv1d(padded => Convolve(padded, 0), geometry.Reach, geometry.Stride, PaddingFor, paddingMode);

    /// <summary>[B, in, T] → [B, out, ⌈T / stride⌉].</summary>
    protected override Tensor Compute(Tensor input, bool padded)
    {
        if (!padded)
        {
            return Convolve(input, 0);
        }

        var length = input.size(-1);
        var padding = PaddingFor(length);
        if (IsSymmetric(padding, length))
        {
            return Convolve(input, padding.Left);
        }

        using var extended = padding.Apply(input, paddingMode);
        return Convolve(extended, 0);
    }

    private Tensor Convolve(Tensor input, long zeros) => conv.Convolve(input, geometry.Stride, zeros, geometry.Dilation);

    private ConvPadding PaddingFor(long length) => ConvPadding.For(length, geometry.Reach, geometry.Stride, causal);

    /// <summary>
    /// Whether the convolution can add the zeros itself, equally at both ends, which avoids a copy of the input.
    /// Zeros after the last window are harmless as long as they do not complete another window.
    /// </summary>
    private bool IsSymmetric(ConvPadding padding, long length) =>
        (padding.Left == 0 && padding.Right == 0)
        || (paddingMode == ConvPaddingMode.Constant && padding.Left >= padding.Right
            && geometry.LengthOut(length + (2 * padding.Left)) == ConvPadding.FrameCount(length, geometry.Stride));
}
