using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Cuts sound that comes in pieces of any sizes into windows of one size. What it keeps is less than a window, beside the piece that it is given.</summary>
internal static class AudioWindows
{
    /// <summary>The windows: one starts every <paramref name="stride"/> samples inside the sound and has <paramref name="length"/> samples, or as many as are left.</summary>
    /// <param name="pieces">[..., n] in order, of the same shape but for n, which is at least 1. Each is used only until the next is asked for.</param>
    /// <param name="length">Samples of a window, at least the stride.</param>
    /// <param name="stride">Samples from the start of a window to the start of the next, at least 1.</param>
    /// <returns>[..., m]; each lives only until the next is asked for.</returns>
    public static IEnumerable<Tensor> Cut(IEnumerable<Tensor> pieces, long length, long stride)
    {
        var kept = new List<Tensor>();
        try
        {
            var available = 0L;
            foreach (var piece in pieces)
            {
                available += piece.size(-1);
                if (available < length)
                {
                    kept.Add(piece.clone().DetachFromDisposeScope());
                    continue;
                }

                using var joined = Join(kept, piece);
                var start = 0L;
                for (; available >= length; start += stride, available -= stride)
                {
                    using var window = joined.narrow(-1, start, length).DetachFromDisposeScope();
                    yield return window;
                }

                if (available > 0)
                {
                    using var rest = joined.narrow(-1, start, available);
                    kept.Add(rest.clone().DetachFromDisposeScope());
                }
            }

            if (available > 0)
            {
                using var joined = Join(kept, null);
                for (var start = 0L; available > 0; start += stride, available -= stride)
                {
                    using var window = joined.narrow(-1, start, available).DetachFromDisposeScope();
                    yield return window;
                }
            }
        }
        finally
        {
            kept.ForEach(part => part.Dispose());
        }
    }

    /// <summary>What was kept and the new piece as one; nothing is kept any more.</summary>
    private static Tensor Join(List<Tensor> kept, Tensor? piece)
    {
        var parts = piece is null ? kept : [.. kept, piece];
        var joined = (parts.Count == 1 ? parts[0].alias() : cat(parts, -1)).DetachFromDisposeScope();
        kept.ForEach(part => part.Dispose());
        kept.Clear();
        return joined;
    }
}
