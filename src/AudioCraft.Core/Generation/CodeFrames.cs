using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>Codes as frames, each [B, K], and as one tensor [B, K, F].</summary>
internal static class CodeFrames
{
    /// <summary>Splits codes [B, K, F] int64 into frames.</summary>
    public static IReadOnlyList<long[,]> FromTensor(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var (items, codebooks, count) = ((int)codes.size(0), (int)codes.size(1), (int)codes.size(2));
        var flat = codes.cpu().contiguous().data<long>();
        var frames = new long[count][,];
        for (var t = 0; t < count; t++)
        {
            var frame = frames[t] = new long[items, codebooks];
            for (var row = 0; row < items * codebooks; row++)
            {
                frame[row / codebooks, row % codebooks] = flat[(row * count) + t];
            }
        }

        return frames;
    }

    /// <summary>Joins frames, at least one, to codes [B, K, F] int64.</summary>
    public static Tensor ToTensor(IReadOnlyList<long[,]> frames, Device device)
    {
        var (items, codebooks, count) = (frames[0].GetLength(0), frames[0].GetLength(1), frames.Count);
        var flat = new long[items * codebooks * count];
        for (var t = 0; t < count; t++)
        {
            for (var row = 0; row < items * codebooks; row++)
            {
                flat[(row * count) + t] = frames[t][row / codebooks, row % codebooks];
            }
        }

        return tensor(flat, [items, codebooks, count], device: device);
    }

    /// <summary>Selects the rows of some items.</summary>
    public static IReadOnlyList<long[,]> Rows(IReadOnlyList<long[,]> frames, int from, int count)
    {
        return frames is [var first, ..] && (from > 0 || count < first.GetLength(0)) ? [.. frames.Select(Part)] : frames;

        long[,] Part(long[,] frame)
        {
            var part = new long[count, frame.GetLength(1)];
            Array.Copy(frame, from * frame.GetLength(1), part, 0, part.Length);
            return part;
        }
    }
}
