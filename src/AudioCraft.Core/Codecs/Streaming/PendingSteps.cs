using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Steps [B, C, n] of a stream that have arrived and are needed again. They outlive the dispose scopes of single calls.</summary>
internal sealed class PendingSteps : IDisposable
{
    private Tensor? steps;

    /// <summary>What is held, followed by <paramref name="next"/>: a new tensor, or one of the two if there is nothing else; null for nothing at all. Not to be overwritten.</summary>
    public Tensor? With(Tensor? next) => steps is null ? next : next is null ? steps : cat([steps, next], -1);

    /// <summary>Holds what lies in <paramref name="all"/> from a step on, and nothing else.</summary>
    public void KeepFrom(Tensor all, long start)
    {
        var count = all.size(-1) - start;
        if (start == 0 && ReferenceEquals(all, steps))
        {
            return;
        }

        using var view = all.narrow(-1, start, count);
        var kept = count == 0 ? null : view.clone().DetachFromDisposeScope(); // a copy: the whole piece would stay in memory with a view
        steps?.Dispose();
        steps = kept;
    }

    public void Dispose()
    {
        steps?.Dispose();
        steps = null;
    }
}
