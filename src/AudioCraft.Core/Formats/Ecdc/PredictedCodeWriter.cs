namespace AudioCraft.Formats;

/// <summary>Codes of a segment by an arithmetic coder that a language model drives: the likelier a code, the fewer bits.</summary>
/// <param name="stream">Where they go.</param>
/// <param name="codebooks">Codes of a time.</param>
/// <param name="model">The language model.</param>
/// <param name="step">Called with its number before each time: for cancellation and progress.</param>
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
                predictor.Tell(k, codes[k]);
            }
        }
    }

    public void Finish() => encoder.Flush();

    public void Dispose() => predictor.Dispose();
}
