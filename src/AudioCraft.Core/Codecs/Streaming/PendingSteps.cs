using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Steps [B, C, n] of a stream that later pushes need. They are detached from the dispose scope of the call.</summary>
internal sealed class PendingSteps : IDisposable
{
    private Tensor? steps;

    /// <summary>The buffered steps followed by <paramref name="next"/>: a new tensor, or one of the two if the other is empty; null if both are. It must not be overwritten.</summary>
    public Tensor? With(Tensor? next) => steps is null ? next : next is null ? steps : cat([steps, next], -1);

    /// <summary>Buffers the steps of <paramref name="all"/> from <paramref name="start"/> on, instead of the previous ones.</summary>
    public void KeepFrom(Tensor all, long start)
    {
        var count = all.size(-1) - start;
        if (start == 0 && ReferenceEquals(all, steps))
        {
            return;
        }

        using var view = all.narrow(-1, start, count);
        var kept = count == 0 ? null : view.clone().DetachFromDisposeScope(); // a copy: a view would keep the whole piece in memory
        steps?.Dispose();
        steps = kept;
    }

    public void Dispose()
    {
        steps?.Dispose();
        steps = null;
    }
}
