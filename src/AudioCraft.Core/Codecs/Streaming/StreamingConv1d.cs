using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>
/// A convolution of a stream. It buffers the first steps of the next window and, for reflected padding, the steps that the padding at the end may repeat.
/// </summary>
/// <remarks>
/// With reflected padding the first window contains later steps, so the first output requires one step more than the padding at the start.
/// From then on the length of the input has no influence on the left end: the rule for inputs too short to reflect applies only to shorter ones.
/// </remarks>
internal sealed class StreamingConv1d : IStreamingLayer
{
    private readonly Func<Tensor, Tensor> convolve;
    private readonly long kernel;
    private readonly long stride;
    private readonly Func<long, ConvPadding> padding;
    private readonly ConvPaddingMode mode;
    private readonly long left;

    /// <summary>The maximum number of steps that the padding at the end repeats.</summary>
    private readonly long mirrored;

    /// <summary>The part of the padded input that is still needed.</summary>
    private readonly PendingSteps pending = new();

    /// <summary>How many of these precede the next window, for reflection only.</summary>
    private long past;
    private long length;
    private bool started;

    /// <param name="convolve">The convolution without padding, applied to a padded input.</param>
    /// <param name="kernel">Kernel size including dilation.</param>
    /// <param name="stride">Step of the convolution, at most the kernel size.</param>
    /// <param name="padding">The padding for an input of a length. At the start it is the same for all lengths.</param>
    /// <param name="mode">The values of the padding.</param>
    public StreamingConv1d(Func<Tensor, Tensor> convolve, long kernel, long stride, Func<long, ConvPadding> padding, ConvPaddingMode mode)
    {
        (this.convolve, this.kernel, this.stride, this.padding, this.mode) = (convolve, kernel, stride, padding, mode);
        (left, var right) = padding(stride); // for a length that completes the last window
        mirrored = mode == ConvPaddingMode.Reflect && right + stride > 1 ? right + stride : 0;
    }

    public Tensor? Push(Tensor? input, bool last)
    {
        length += input?.size(-1) ?? 0;
        using var scope = NewDisposeScope();
        var all = pending.With(input);
        if (all is null)
        {
            return null;
        }

        if (!started)
        {
            if (mode == ConvPaddingMode.Reflect && length <= left)
            {
                return last ? ConvolveShort(all).MoveToOuterDisposeScope() : Wait(all);
            }

            all = left == 0 ? all : new ConvPadding(left, 0).Apply(all, mode);
            started = true;
        }

        if (last)
        {
            all = PadEnd(all);
        }

        var available = all.size(-1) - past;
        var frames = available < kernel ? 0 : (available - kernel) / stride + 1;
        var output = frames == 0 ? null : Convolve(all, frames);
        if (!last)
        {
            var next = past + frames * stride;
            var keepFrom = Math.Min(next, Math.Max(0, all.size(-1) - mirrored));
            pending.KeepFrom(all, keepFrom);
            past = next - keepFrom;
        }

        return output?.MoveToOuterDisposeScope();
    }

    public long InputsFor(long outputs) =>
        outputs == 0 ? 0 : Math.Max((outputs - 1) * stride + kernel - left, mode == ConvPaddingMode.Reflect && left > 0 ? left + 1 : 0);

    public void Dispose() => pending.Dispose();

    private Tensor? Wait(Tensor all)
    {
        pending.KeepFrom(all, 0);
        return null;
    }

    private Tensor Convolve(Tensor all, long frames)
    {
        var windows = all.narrow(-1, past, (frames - 1) * stride + kernel);
        return convolve(windows);
    }

    /// <summary>Convolves an input that ended before it was long enough to reflect.</summary>
    private Tensor ConvolveShort(Tensor all)
    {
        var padded = padding(length).Apply(all, mode);
        return convolve(padded);
    }

    private Tensor PadEnd(Tensor all)
    {
        var end = new ConvPadding(0, padding(length).Right);
        if (end.Right == 0)
        {
            return all;
        }

        if (mode == ConvPaddingMode.Constant)
        {
            return end.Apply(all, mode);
        }

        // The rule for short inputs considers the padding on both sides; for the start it was satisfied when the stream started.
        var seen = Math.Min(length, mirrored);
        var tail = all.narrow(-1, all.size(-1) - seen, seen);
        return cat([all, end.Apply(tail, mode).narrow(-1, seen, end.Right)], -1);
    }
}
