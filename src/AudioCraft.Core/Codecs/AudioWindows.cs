using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Cuts audio that arrives in pieces of any size into windows of one size. Buffers less than a window, besides the current piece.</summary>
internal static class AudioWindows
{
    /// <summary>Returns the windows: one starts every <paramref name="stride"/> samples inside the audio and has <paramref name="length"/> samples, or as many as are left.</summary>
    /// <param name="pieces">[..., n] in order, of the same shape except for n, which is at least 1. Each is used only until the next is requested.</param>
    /// <param name="length">Samples of a window, at least the stride.</param>
    /// <param name="stride">Samples from the start of a window to the start of the next, at least 1.</param>
    /// <returns>[..., m]; each is valid until the next is requested.</returns>
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

    /// <summary>Joins the buffered parts and the new piece, and clears the buffer.</summary>
    private static Tensor Join(List<Tensor> kept, Tensor? piece)
    {
        var parts = piece is null ? kept : [.. kept, piece];
        var joined = (parts.Count == 1 ? parts[0].alias() : cat(parts, -1)).DetachFromDisposeScope();
        kept.ForEach(part => part.Dispose());
        kept.Clear();
        return joined;
    }
}
