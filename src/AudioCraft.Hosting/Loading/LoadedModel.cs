using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>A loaded model. One request at a time uses it.</summary>
internal abstract class LoadedModel : IDisposable
{
    public abstract SoundModelInfo Info { get; }

    public abstract CompressionModel Codec { get; }

    public abstract void Dispose();

    protected static SoundModelInfo Describe(string name, CompressionModel codec, string device) => new(
        name, device, codec.SampleRate, codec.Channels, codec.FrameRate, codec.NumCodebooks, codec.TotalCodebooks, codec.Cardinality)
    {
        CodecKind = Kind(codec),
    };

    private static string Kind(CompressionModel codec) => codec switch
    {
        EncodecModel => "EnCodec",
        DacModel => "DAC",
        InterleaveStereoCompressionModel stereo => Kind(stereo.Model),
        _ => codec.GetType().Name,
    };
}

/// <summary>A loaded generative model, with the operations that the queue needs. Tests use a fake.</summary>
internal abstract class LoadedGenerator : LoadedModel
{
    public abstract BaseGenModel Model { get; }

    /// <summary>The default parameters of requests.</summary>
    public abstract GenerationParams Defaults { get; }

    /// <summary>The number of items of a batch that fit into memory, 1 to <paramref name="items"/>.</summary>
    public abstract int ItemsTogether(GenerationParams parameters, int items);

    /// <summary>Generates a batch: [B, C, T] float, owned by the caller.</summary>
    public abstract Task<Tensor> GenerateAsync(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);

    /// <summary>Generates a batch without a prompt in chunks.</summary>
    public abstract IAsyncEnumerable<AudioChunk> Stream(
        GenerationBatch batch, double chunkSeconds, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);
}

/// <summary>Requests that are generated together.</summary>
/// <param name="Descriptions">One text per item.</param>
/// <param name="Parameters">The parameters, with a seed for each item.</param>
/// <param name="Prompt">The audio that the only item continues, or null.</param>
internal sealed record GenerationBatch(IReadOnlyList<string> Descriptions, GenerationParams Parameters, Sound? Prompt = null);
