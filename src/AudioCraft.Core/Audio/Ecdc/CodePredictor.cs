using AudioCraft.Compression.EntropyCoding;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio.Ecdc;

/// <summary>What a language model expects of the next time of a segment, given all before it.</summary>
internal sealed class CodePredictor : IDisposable
{
    private readonly EncodecLanguageModel model;
    private readonly Device device;
    private readonly EncodecLanguageModelState state;
    private readonly long[] indices;
    private readonly long[] cdf;
    private float[] probabilities = [];

    /// <param name="model">The language model, which the caller keeps.</param>
    /// <param name="codebooks">Codes of a time.</param>
    public CodePredictor(EncodecLanguageModel model, int codebooks)
    {
        this.model = model;
        device = model.parameters().First().device;
        state = model.NewState();
        indices = new long[codebooks];
        cdf = new long[model.Config.Cardinality];
    }

    /// <summary>Asks the model about the next time.</summary>
    public void Predict()
    {
        using var scope = NewDisposeScope();
        var input = tensor(indices, [1, indices.Length, 1]).to(device);
        var predicted = model.forward(input, state).permute(0, 3, 2, 1).reshape(-1).cpu().contiguous();
        probabilities = predicted.data<float>().ToArray();
    }

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
