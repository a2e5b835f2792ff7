using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>
/// A transposed convolution cut to F·stride samples (audiocraft/modules/conv.py): a causal one mostly on the right, else evenly with the odd sample on the left.
/// </summary>
internal sealed class StreamableConvTranspose1d : Module<Tensor, Tensor>, IStreamable
{
    private readonly NormConvTranspose1d convtr;
    private readonly long kernel;
    private readonly long stride;
    private readonly long trimLeft;
    private readonly long trimRight;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Kernel size, at least the stride.</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="options">Normalisation, and whether causal.</param>
    /// <param name="trimRightRatio">For causal ones: the share that is cut on the right, 0 to 1.</param>
    public StreamableConvTranspose1d(long inputs, long outputs, long kernel, long stride, ConvOptions options, double trimRightRatio)
        : base(nameof(StreamableConvTranspose1d))
    {
        this.kernel = kernel;
        this.stride = stride;
        var total = kernel - stride;
        trimRight = options.Causal ? (long)Math.Ceiling(total * trimRightRatio) : total / 2;
        trimLeft = total - trimRight;
        convtr = new NormConvTranspose1d(inputs, outputs, kernel, options);
        RegisterComponents();
    }

    /// <summary>[B, in, F] → [B, out, F·stride].</summary>
    public override Tensor forward(Tensor input)
    {
        var length = input.size(-1) * stride;

        // Left out evenly at both ends, except what the right end is to keep longer.
        var longer = trimLeft - trimRight;
        if (longer >= 0 && longer < stride && !convtr.HasNorm)
        {
            return convtr.Convolve(input, stride, trimLeft, longer);
        }

        using var whole = convtr.Convolve(input, stride, 0, 0);
        return whole.narrow(-1, trimLeft, length);
    }

    /// <inheritdoc/>
    public IStreamingLayer OpenStream() =>
        new StreamingConvTranspose1d(frames => convtr.Convolve(frames, stride, 0, 0), () => convtr.Bias, kernel, stride, trimLeft, trimRight);
}
