using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>
/// A convolution on a stream. It holds the steps that the next window begins with and, where the end is to be mirrored, those that the mirror may show.
/// </summary>
/// <remarks>
/// With reflected padding the first window shows steps that come later, so nothing comes out before as many steps are there as are padded in front, and one more.
/// From then on the length of the input has no influence on the left end: the rule for inputs too short to reflect applies to shorter ones only.
/// </remarks>
internal sealed class StreamingConv1d : IStreamingLayer
{
    private readonly Func<Tensor, Tensor> convolve;
    private readonly long kernel;
    private readonly long stride;
    private readonly Func<long, ConvPadding> padding;
    private readonly ConvPaddingMode mode;
    private readonly long left;

    /// <summary>The most steps that the padding at the end looks at.</summary>
    private readonly long mirrored;

    /// <summary>The padded input from where it is still needed.</summary>
    private readonly PendingSteps pending = new();

    /// <summary>How many of these lie before the next window, there for the mirror alone.</summary>
    private long past;
    private long length;
    private bool started;

    /// <param name="convolve">The convolution of a padded input, itself without padding.</param>
    /// <param name="kernel">Kernel size with dilation counted in.</param>
    /// <param name="stride">Step of the convolution, at most the kernel size.</param>
    /// <param name="padding">What lies around an input of a length. In front it is the same for all lengths.</param>
    /// <param name="mode">What it consists of.</param>
    public StreamingConv1d(Func<Tensor, Tensor> convolve, long kernel, long stride, Func<long, ConvPadding> padding, ConvPaddingMode mode)
    {
        (this.convolve, this.kernel, this.stride, this.padding, this.mode) = (convolve, kernel, stride, padding, mode);
        (left, var right) = padding(stride); // of a length that needs nothing to complete the last window
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

    /// <summary>The input ended before it was long enough to reflect: it is there as a whole.</summary>
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

        // The rule for short inputs compares with the padding on both sides; in front it was met when the stream started.
        var seen = Math.Min(length, mirrored);
        var tail = all.narrow(-1, all.size(-1) - seen, seen);
        return cat([all, end.Apply(tail, mode).narrow(-1, seen, end.Right)], -1);
    }
}
