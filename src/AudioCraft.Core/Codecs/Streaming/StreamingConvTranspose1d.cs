using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A transposed convolution of a stream. It buffers the partial sums of samples to which later frames contribute.</summary>
internal sealed class StreamingConvTranspose1d : IStreamingLayer
{
    private readonly Func<Tensor, Tensor> convolve;
    private readonly Func<Tensor> bias;
    private readonly long stride;
    private readonly long trimLeft;
    private readonly long trimRight;
    private readonly long overlap;

    /// <summary>[B, out, overlap], without the bias; null before the first frame.</summary>
    private Tensor? tail;
    private long toDrop;

    /// <param name="convolve">The transposed convolution without trimming.</param>
    /// <param name="bias">[out]: included in every sample of it.</param>
    /// <param name="kernel">Kernel size, at least the stride.</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="trimLeft">Samples trimmed at the start, at most the kernel size less the stride.</param>
    /// <param name="trimRight">Samples trimmed at the end, with the same maximum.</param>
    public StreamingConvTranspose1d(Func<Tensor, Tensor> convolve, Func<Tensor> bias, long kernel, long stride, long trimLeft, long trimRight)
    {
        this.convolve = convolve;
        this.bias = bias;
        this.stride = stride;
        this.trimLeft = trimLeft;
        this.trimRight = trimRight;
        overlap = kernel - stride;
        toDrop = trimLeft;
    }

    public Tensor? Push(Tensor? input, bool last)
    {
        using var scope = NewDisposeScope();
        var output = input is not null ? Add(input, last) : last && tail is not null ? tail.add(Bias, Scalars.One) : null;
        if (output is not null && last)
        {
            output = output.narrow(-1, 0, output.size(-1) - trimRight);
        }

        return output is null ? null : DropStart(output)?.MoveToOuterDisposeScope();
    }

    public long InputsFor(long outputs) => outputs == 0 ? 0 : (outputs + trimLeft + stride - 1) / stride;

    public void Dispose()
    {
        tail?.Dispose();
        tail = null;
    }

    private Tensor Bias => bias().unsqueeze(-1);

    /// <summary>Adds the frames to the buffered sums and returns the samples that are final; all samples at the end.</summary>
    private Tensor Add(Tensor input, bool last)
    {
        var sum = convolve(input);
        if (tail is not null)
        {
            sum.narrow(-1, 0, overlap).add_(tail, Scalars.One);
        }

        if (last || overlap == 0)
        {
            return sum;
        }

        var final = input.size(-1) * stride;
        var rest = sum.narrow(-1, final, overlap) - Bias;
        tail?.Dispose();
        tail = rest.DetachFromDisposeScope();
        return sum.narrow(-1, 0, final);
    }

    private Tensor? DropStart(Tensor output)
    {
        var count = output.size(-1);
        var dropped = Math.Min(toDrop, count);
        toDrop -= dropped;
        return dropped == count ? null : output.narrow(-1, dropped, count - dropped);
    }
}
