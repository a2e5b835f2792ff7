using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression;

/// <summary>A convolution and what normalises it: the kernel is <c>conv</c>, a group norm after it is <c>norm</c>.</summary>
internal sealed class NormConv1d : Module
{
    /// <summary>Up to this many channels out, summing the taps is faster than a convolution (measured in benchmarks/).</summary>
    private const long FewOutputs = 4;

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
        return Normalise(Convolve(input, weight, stride, padding, dilation), norm);
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

    private Tensor Convolve(Tensor input, Tensor weight, long stride, long padding, long dilation)
    {
        if (stride == 1 && input.device_type == DeviceType.CPU && !is_grad_enabled())
        {
            if (weight.size(2) == 1 && padding == 0)
            {
                return Pointwise(input, weight);
            }

            if (weight.size(0) <= FewOutputs)
            {
                return SumOfTaps(input, weight, padding, dilation);
            }
        }

        return functional.conv1d(input, weight, conv.Bias, stride, padding, dilation);
    }

    /// <summary>A kernel of one sample is a matrix: one product without the change of layout that a convolution makes.</summary>
    private Tensor Pointwise(Tensor input, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var matrix = weight.squeeze(-1);
        var bias = conv.Bias.unsqueeze(-1);
        return input.size(0) == 1
            ? addmm(bias, matrix, input.squeeze(0), 1, 1).unsqueeze(0).MoveToOuterDisposeScope()
            : matmul(matrix, input).add_(bias).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// With few channels out, all taps of the kernel are one product that reads the input once, and the output is their sum, each shifted by its place:
    /// several times faster than a convolution that is made for many channels.
    /// </summary>
    private Tensor SumOfTaps(Tensor input, Tensor weight, long padding, long dilation)
    {
        using var scope = NewDisposeScope();
        var (outputs, taps, items, length) = (weight.size(0), weight.size(2), input.size(0), input.size(2));
        var frames = length + 2 * padding - (taps - 1) * dilation;
        var matrix = weight.permute(2, 0, 1).reshape(taps * outputs, -1);
        var products = matmul(matrix, input).view(items, taps, outputs, length);
        var output = conv.Bias.unsqueeze(-1).expand(items, outputs, frames).contiguous();
        for (var tap = 0L; tap < taps; tap++)
        {
            // Frame f takes sample f + shift; outside the input there is nothing to add.
            var shift = tap * dilation - padding;
            var first = Math.Max(0, -shift);
            var count = Math.Min(frames, length - shift) - first;
            if (count > 0)
            {
                output.narrow(2, first, count).add_(products.select(1, tap).narrow(2, first + shift, count));
            }
        }

        return output.MoveToOuterDisposeScope();
    }
}
