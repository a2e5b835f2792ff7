using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A convolution and what normalises it: the kernel is <c>conv</c>, a group norm after it is <c>norm</c>.</summary>
internal sealed class NormConv1d : Module
{
    private readonly ConvKernel conv;
    private readonly TimeGroupNorm? norm;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Normalisation.</param>
    public NormConv1d(long inputs, long outputs, long kernel, ConvOptions options) : base(nameof(NormConv1d))
    {
        conv = new ConvKernel([outputs, inputs, kernel], outputs, options.SplitWeight);
        norm = options.MakeNorm(outputs);
        RegisterComponents();
    }

    /// <summary>[B, in, T] → [B, out, frames], with <paramref name="padding"/> zeros at both ends.</summary>
    public Tensor Convolve(Tensor input, long stride, long padding, long dilation)
    {
        using var weight = conv.Weight();
        return Normalise(Conv1dOperator.Run(input, weight, conv.Bias, stride, padding, dilation), norm);
    }

    /// <summary>Applies a norm that may not be there, and disposes its input if it is.</summary>
    internal static Tensor Normalise(Tensor output, TimeGroupNorm? norm)
    {
        if (norm is null)
        {
            return output;
        }

        using (output)
        {
            return norm.forward(output);
        }
    }
}
