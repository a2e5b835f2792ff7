namespace AudioCraft.Formats;

/// <summary>What a language model expects of the next time of a segment, given all before it.</summary>
internal sealed class CodePredictor : IDisposable
{
    private readonly EncodecLanguageModel model;
    private readonly EncodecLanguageModelState state;
    private readonly long[] indices;
    private readonly long[] cdf;
    private readonly float[] probabilities;

    /// <param name="model">The language model, which the caller keeps.</param>
    /// <param name="codebooks">Codes of a time.</param>
    public CodePredictor(EncodecLanguageModel model, int codebooks)
    {
        this.model = model;
        state = model.NewState();
        indices = new long[codebooks];
        cdf = new long[model.Config.Cardinality];
        probabilities = new float[codebooks * cdf.Length];
    }

    /// <summary>Asks the model about the next time.</summary>
    public void Predict() => model.Step(indices, state).CopyTo(probabilities);

    /// <summary>The running sums of the time that was asked about. The next call overwrites them.</summary>
    public ReadOnlySpan<long> CdfOf(int codebook)
    {
        QuantizedCdf.Build(probabilities.AsSpan(codebook * cdf.Length, cdf.Length), ArithmeticEncoder.DefaultTotalBits, cdf);
        return cdf;
    }

    /// <summary>Says which code it was. The model counts from 1; 0 stands for the time before the first.</summary>
    public void Tell(int codebook, long code) => indices[codebook] = code + 1;

    public void Dispose() => state.Dispose();
}
