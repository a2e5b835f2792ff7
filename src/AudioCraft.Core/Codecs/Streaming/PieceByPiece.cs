using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Runs a stream over pieces as they are asked for.</summary>
internal static class PieceByPiece
{
    /// <summary>The outputs in order. Each enumeration is a stream of its own.</summary>
    /// <param name="pieces">[B, C, n] each.</param>
    /// <param name="disposePieces">Whether each is disposed once it is used; else they stay their producer's.</param>
    /// <param name="most">Larger pieces are pushed in parts of so many steps.</param>
    /// <param name="open">Makes the stream.</param>
    public static IEnumerable<Tensor> Run(IEnumerable<Tensor> pieces, bool disposePieces, long most, Func<ICodecStream> open)
    {
        using var stream = open();
        foreach (var piece in pieces)
        {
            using var used = disposePieces ? piece : null;
            foreach (var output in Push(stream, piece, most))
            {
                yield return output;
            }
        }

        if (stream.Flush() is { } rest)
        {
            yield return rest;
        }
    }

    private static IEnumerable<Tensor> Push(ICodecStream stream, Tensor piece, long most)
    {
        // A piece that is not of three dimensions is refused there, by its name and shape.
        if (piece is null || piece.dim() != 3 || piece.size(2) <= most)
        {
            if (stream.Push(piece!) is { } output)
            {
                yield return output;
            }

            yield break;
        }

        var steps = piece.size(2);
        for (var start = 0L; start < steps; start += most)
        {
            Tensor? output;
            using (var part = piece.narrow(2, start, Math.Min(most, steps - start)))
            {
                output = stream.Push(part);
            }

            if (output is not null)
            {
                yield return output;
            }
        }
    }
}
