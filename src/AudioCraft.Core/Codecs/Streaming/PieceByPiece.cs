using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>The common members of <see cref="StreamingEncoder"/> and <see cref="StreamingDecoder"/>.</summary>
internal interface ICodecStream : IDisposable
{
    /// <summary>Takes a piece and returns the output that no later input can change, or null.</summary>
    Tensor? Push(Tensor piece);

    /// <summary>Ends the input and returns the remaining output, or null.</summary>
    Tensor? Flush();
}

/// <summary>Runs a stream over pieces while its results are enumerated.</summary>
internal static class PieceByPiece
{
    /// <summary>Returns the outputs in order. Each enumeration opens its own stream.</summary>
    /// <param name="pieces">[B, C, n] each.</param>
    /// <param name="disposePieces">Whether each piece is disposed after use; otherwise the producer keeps ownership.</param>
    /// <param name="most">Larger pieces are pushed in parts of this many steps.</param>
    /// <param name="open">Opens the stream.</param>
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
        // The stream reports pieces that do not have three dimensions, with name and shape.
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
