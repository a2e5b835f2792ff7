using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression;

/// <summary>A convolution and what normalises it: the kernel is <c>conv</c>, a group norm after it is <c>norm</c>.</summary>
internal sealed class NormConv1d : Module
{
    private readonly ConvKernel conv;
    private readonly TimeGroupNorm? norm;
    private readonly bool pointwise;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Normalisation.</param>
    public NormConv1d(long inputs, long outputs, long kernel, ConvOptions options) : base(nameof(NormConv1d))
    {
        conv = new ConvKernel([outputs, inputs, kernel], outputs, options.SplitWeight);
        norm = options.MakeNorm(outputs);
        pointwise = kernel == 1;
        RegisterComponents();
    }

    /// <summary>[B, in, T] → [B, out, frames], with <paramref name="padding"/> zeros at both ends.</summary>
    public Tensor Convolve(Tensor input, long stride, long padding, long dilation)
    {
        using var weight = conv.Weight();
        var output = pointwise && stride == 1 && padding == 0 && !is_grad_enabled()
            ? Pointwise(input, weight)
            : functional.conv1d(input, weight, conv.Bias, stride, padding, dilation);
        return Normalise(output, norm);
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

    /// <summary>A kernel of one sample is a matrix: one product without the change of layout that a convolution makes on the CPU, twice as fast.</summary>
    private Tensor Pointwise(Tensor input, Tensor weight)
    {
        using var scope = NewDisposeScope();
        return matmul(weight.squeeze(-1), input).add_(conv.Bias.unsqueeze(-1)).MoveToOuterDisposeScope();
    }
}
