namespace AudioCraft.Formats;

/// <summary>Predicts the codes of the next frame of a segment with a language model.</summary>
internal sealed class CodePredictor : IDisposable
{
    private readonly EncodecLanguageModel model;
    private readonly EncodecLanguageModelState state;
    private readonly long[] indices;
    private readonly long[] cdf;
    private readonly float[] probabilities;

    /// <param name="model">The language model. It is not disposed.</param>
    /// <param name="codebooks">The number of codes per frame.</param>
    public CodePredictor(EncodecLanguageModel model, int codebooks)
    {
        this.model = model;
        state = model.NewState();
        indices = new long[codebooks];
        cdf = new long[model.Config.Cardinality];
        probabilities = new float[codebooks * cdf.Length];
    }

    /// <summary>Computes the probabilities of the next frame.</summary>
    public void Predict() => model.Step(indices, state).CopyTo(probabilities);

    /// <summary>The quantized cumulative distribution of a codebook in the predicted frame. The next call overwrites it.</summary>
    public ReadOnlySpan<long> CdfOf(int codebook)
    {
        QuantizedCdf.Build(probabilities.AsSpan(codebook * cdf.Length, cdf.Length), ArithmeticEncoder.DefaultTotalBits, cdf);
        return cdf;
    }

    /// <summary>Sets the actual code, the input of the next prediction. The model's indices start at 1; 0 stands for the frame before the first.</summary>
    public void SetCode(int codebook, long code) => indices[codebook] = code + 1;

    public void Dispose() => state.Dispose();
}
