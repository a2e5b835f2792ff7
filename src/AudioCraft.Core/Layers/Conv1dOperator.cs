using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>A convolution over time with the implementation that is fastest for its shape (measured in benchmarks/).</summary>
internal static class Conv1dOperator
{
    /// <summary>Up to this many output channels, summing the taps is faster than a convolution.</summary>
    private const long FewOutputs = 4;

    /// <summary>Up to this many windows, as in packets of a stream, reading the weights dominates.</summary>
    private const long FewWindows = 8;

    /// <summary>[B, in, T] → [B, out, frames], with <paramref name="padding"/> zeros at both ends.</summary>
    /// <param name="input">[B, in, T].</param>
    /// <param name="weight">[out, in, taps].</param>
    /// <param name="bias">[out].</param>
    /// <param name="stride">Step.</param>
    /// <param name="padding">Zeros at both ends.</param>
    /// <param name="dilation">Distance between taps.</param>
    public static Tensor Run(Tensor input, Tensor weight, Tensor bias, long stride, long padding, long dilation)
    {
        var frames = ((input.size(2) + (2 * padding) - ((weight.size(2) - 1) * dilation) - 1) / stride) + 1;
        if (weight.size(0) > FewOutputs && DirectConv1d.Supports(input, weight, frames, stride, dilation))
        {
            return DirectConv1d.Run(input, weight, bias, stride, padding, dilation);
        }

        if (stride == 1 && input.device_type == DeviceType.CPU && !is_grad_enabled())
        {
            if (weight.size(2) == 1 && padding == 0)
            {
                return Pointwise(input, weight, bias);
            }

            if (weight.size(0) <= FewOutputs)
            {
                return SumOfTaps(input, weight, bias, padding, dilation);
            }
        }

        if (padding == 0 && input.device_type == DeviceType.CPU && !is_grad_enabled())
        {
            var span = (weight.size(2) - 1) * dilation + 1;
            if (input.size(0) * ((input.size(2) - span) / stride + 1) <= FewWindows)
            {
                return ProductOfWindows(input, weight, bias, span, stride, dilation);
            }
        }

        return functional.conv1d(input, weight, bias, stride, padding, dilation);
    }

    /// <summary>The transposed convolution: [B, in, F] → [B, out, (F − 1) · stride + taps − 2 · trim + longer].</summary>
    /// <param name="input">[B, in, F].</param>
    /// <param name="weight">[in, out, taps].</param>
    /// <param name="bias">[out].</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="trim">Samples not computed at each end.</param>
    /// <param name="longer">Samples added at the right end; below <paramref name="stride"/>.</param>
    public static Tensor Transpose(Tensor input, Tensor weight, Tensor bias, long stride, long trim, long longer)
    {
        var samples = ((input.size(2) - 1) * stride) + weight.size(2) - (2 * trim) + longer;
        return DirectConv1d.SupportsTransposed(input, weight, stride, samples)
            ? DirectConv1d.Transpose(input, weight, bias, stride, trim, longer)
            : functional.conv_transpose1d(input, weight, bias, stride, trim, longer);
    }

    /// <summary>Computes few windows as the rows of a matrix product that reads the weights once, in place.</summary>
    private static Tensor ProductOfWindows(Tensor input, Tensor weight, Tensor bias, long span, long stride, long dilation)
    {
        using var scope = NewDisposeScope();
        var windows = input.unfold(2, span, stride);
        var taps = dilation == 1 ? windows : windows.slice(3, 0, span, dilation);
        var rows = taps.transpose(1, 2).flatten(2);
        return MatrixProduct.Linear(rows, weight.flatten(1), bias).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>A kernel of one sample is a matrix: one product without the layout change of a convolution.</summary>
    private static Tensor Pointwise(Tensor input, Tensor weight, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var matrix = weight.squeeze(-1);
        var column = bias.unsqueeze(-1);
        return input.size(0) == 1
            ? addmm(column, matrix, input.squeeze(0), 1, 1).unsqueeze(0).MoveToOuterDisposeScope()
            : matmul(matrix, input).add_(column, Scalars.One).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// With few output channels, all taps of the kernel are one product that reads the input once, and the output is the sum of the shifted taps:
    /// several times faster than a convolution designed for many channels.
    /// </summary>
    private static Tensor SumOfTaps(Tensor input, Tensor weight, Tensor bias, long padding, long dilation)
    {
        using var scope = NewDisposeScope();
        var (outputs, taps, items, length) = (weight.size(0), weight.size(2), input.size(0), input.size(2));
        var frames = length + 2 * padding - (taps - 1) * dilation;
        var matrix = weight.permute(2, 0, 1).reshape(taps * outputs, -1);
        var products = matmul(matrix, input).view(items, taps, outputs, length);

        // Not bias.expand().contiguous(): for a single frame that is the bias itself.
        var output = empty([items, outputs, frames], input.dtype, input.device).copy_(bias.unsqueeze(-1));
        for (var tap = 0L; tap < taps; tap++)
        {
            // Frame f takes sample f + shift; outside the input nothing is added.
            var shift = tap * dilation - padding;
            var first = Math.Max(0, -shift);
            var count = Math.Min(frames, length - shift) - first;
            if (count > 0)
            {
                output.narrow(2, first, count).add_(products.select(1, tap).narrow(2, first + shift, count), Scalars.One);
            }
        }

        return output.MoveToOuterDisposeScope();
    }
}
