using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A transposed convolution and what normalises it: the kernel is <c>convtr</c>, a group norm after it is <c>norm</c>.</summary>
internal sealed class NormConvTranspose1d : Module
{
    private readonly ConvKernel convtr;
    private readonly TimeGroupNorm? norm;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Normalisation.</param>
    public NormConvTranspose1d(long inputs, long outputs, long kernel, ConvOptions options) : base(nameof(NormConvTranspose1d))
    {
        convtr = new ConvKernel([inputs, outputs, kernel], outputs, options.SplitWeight);
        norm = options.MakeNorm(outputs);
        RegisterComponents();
    }

    /// <summary>Whether a norm looks at the whole output, so that nothing may be cut off before it.</summary>
    public bool HasNorm => norm is not null;

    /// <summary>[out]: part of every sample of <see cref="Convolve"/>.</summary>
    public Tensor Bias => convtr.Bias;

    /// <summary>[B, in, F] → [B, out, (F − 1)·stride + k − 2·trim + longer].</summary>
    /// <param name="input">Frames.</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="trim">Samples not computed at each end.</param>
    /// <param name="longer">Samples computed at the right end after all; below <paramref name="stride"/>.</param>
    public Tensor Convolve(Tensor input, long stride, long trim, long longer)
    {
        using var weight = convtr.Weight();
        return NormConv1d.Normalise(Conv1dOperator.Transpose(input, weight, convtr.Bias, stride, trim, longer), norm);
    }
}
