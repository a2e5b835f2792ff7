namespace AudioCraft.Formats;

/// <summary>Writes the codes of one segment.</summary>
internal interface ICodeWriter : IDisposable
{
    /// <param name="codes">Complete frames: code k of frame t is at t·K + k.</param>
    void Write(ReadOnlySpan<long> codes);

    /// <summary>Ends the segment and writes the pending bits.</summary>
    void Finish();
}

/// <summary>Writes codes with a fixed number of bits, frame by frame.</summary>
/// <param name="stream">The destination.</param>
/// <param name="bits">The number of bits per code.</param>
internal sealed class PackedCodeWriter(Stream stream, int bits) : ICodeWriter
{
    private readonly BitPacker packer = new(stream);

    public void Write(ReadOnlySpan<long> codes)
    {
        foreach (var code in codes)
        {
            packer.Push((uint)code, bits);
        }
    }

    public void Finish() => packer.Flush();

    public void Dispose()
    {
    }
}

/// <summary>Writes codes with an arithmetic coder and the probabilities of a language model: the more probable a code, the fewer bits.</summary>
/// <param name="stream">The destination.</param>
/// <param name="codebooks">The number of codes per frame.</param>
/// <param name="model">The language model.</param>
/// <param name="step">Called with the frame number before each frame, for cancellation and progress.</param>
internal sealed class PredictedCodeWriter(Stream stream, int codebooks, EncodecLanguageModel model, Action<long> step) : ICodeWriter
{
    private readonly CodePredictor predictor = new(model, codebooks);
    private readonly ArithmeticEncoder encoder = new(stream);
    private long time;

    public void Write(ReadOnlySpan<long> codes)
    {
        for (; codes.Length > 0; codes = codes[codebooks..])
        {
            step(time++);
            predictor.Predict();
            for (var k = 0; k < codebooks; k++)
            {
                encoder.Push((int)codes[k], predictor.CdfOf(k));
                predictor.SetCode(k, codes[k]);
            }
        }
    }

    public void Finish() => encoder.Flush();

    public void Dispose() => predictor.Dispose();
}
