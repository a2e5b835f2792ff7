using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// A transposed convolution trimmed to F·stride samples (audiocraft/modules/conv.py): a causal one mostly on the right, otherwise evenly with the odd sample on the left.
/// </summary>
internal sealed class StreamableConvTranspose1d : CodecLayer
{
    private readonly NormConvTranspose1d convtr;
    private readonly ConvGeometry geometry;
    private readonly long trimLeft;
    private readonly long trimRight;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Kernel size, at least the stride.</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="options">Normalization, and whether causal.</param>
    /// <param name="trimRightRatio">For causal ones: the share that is trimmed on the right, 0 to 1.</param>
    public StreamableConvTranspose1d(long inputs, long outputs, long kernel, long stride, ConvOptions options, double trimRightRatio)
        : base(nameof(StreamableConvTranspose1d))
    {
        geometry = new(kernel, stride, Transposed: true);
        var total = kernel - stride;
        trimRight = options.Causal ? (long)Math.Ceiling(total * trimRightRatio) : total / 2;
        trimLeft = total - trimRight;
        convtr = new NormConvTranspose1d(inputs, outputs, kernel, options);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => [geometry];

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() =>
        new StreamingConvTranspose1d(frames => Convolve(frames, 0, 0), () => convtr.Bias, geometry.Kernel, geometry.Stride, trimLeft, trimRight);

    /// <summary>[B, in, F] → [B, out, F·stride].</summary>
    protected override Tensor Compute(Tensor input, bool padded)
    {
        if (!padded)
        {
            return Convolve(input, 0, 0);
        }

        // Trimmed evenly at both ends by the convolution, except for the samples that the right end keeps.
        var longer = trimLeft - trimRight;
        if (longer >= 0 && longer < geometry.Stride && !convtr.HasNorm)
        {
            return Convolve(input, trimLeft, longer);
        }

        using var whole = Convolve(input, 0, 0);
        return whole.narrow(-1, trimLeft, input.size(-1) * geometry.Stride);
    }

    private Tensor Convolve(Tensor frames, long trim, long longer) => convtr.Convolve(frames, geometry.Stride, trim, longer);
}
