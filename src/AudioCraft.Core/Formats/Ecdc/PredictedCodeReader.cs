namespace AudioCraft.Formats;

/// <summary>Reads what <see cref="PredictedCodeWriter"/> wrote.</summary>
internal sealed class PredictedCodeReader : ICodeReader
{
    private readonly ByteSource source;
    private readonly int codebooks;
    private readonly Action<long> step;
    private readonly CodePredictor predictor;
    private readonly ArithmeticDecoder decoder;
    private long time;

    /// <param name="source">Where they come from.</param>
    /// <param name="frames">Times of the segment.</param>
    /// <param name="codebooks">Codes of a time.</param>
    /// <param name="model">The language model.</param>
    /// <param name="step">Called with its number before each time: for cancellation and progress.</param>
    /// <exception cref="AudioFormatException">There are fewer bytes than so many codes take at the least.</exception>
    public PredictedCodeReader(ByteSource source, long frames, int codebooks, EncodecLanguageModel model, Action<long> step)
    {
        // A code costs at least as much as one of which the rest have their two units: so many bytes are there at the least, whatever the model says.
        var leastBits = -Math.Log2(1 - 2.0 * (model.Config.Cardinality - 1) / (1 << ArithmeticEncoder.DefaultTotalBits));
        var needed = Math.Floor((double)frames * codebooks * leastBits / 8);
        if (needed > (source.Remaining ?? long.MaxValue))
        {
            throw source.Error($"by its length a segment has at least {needed:F0} bytes of codes, but the file ends after {source.Remaining} of them.");
        }

        (this.source, this.codebooks, this.step) = (source, codebooks, step);
        predictor = new CodePredictor(model, codebooks);
        decoder = new ArithmeticDecoder(source);
    }

    public long[] Read(long frames)
    {
        var codes = new CodeBuffer(source, frames, codebooks, source.Remaining ?? 0);
        while (codes.HasRoom)
        {
            step(time++);
            predictor.Predict();
            for (var k = 0; k < codebooks; k++)
            {
                var code = decoder.Pull(predictor.CdfOf(k));
                predictor.Tell(k, code);
                codes.Add(code);
            }
        }

        return codes.ToArray();
    }

    public void Finish() => decoder.Finish();

    public void Dispose() => predictor.Dispose();
}
