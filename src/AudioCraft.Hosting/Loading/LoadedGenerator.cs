using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>A model that generates, in memory: what the queue needs of it. Tests have stand-ins.</summary>
internal abstract class LoadedGenerator : LoadedModel
{
    public abstract BaseGenModel Model { get; }

    /// <summary>How it generates where a request says nothing.</summary>
    public abstract GenerationParams Defaults { get; }

    /// <summary>How many of so many sounds fit into memory together, at least 1.</summary>
    public abstract int ItemsTogether(GenerationParams parameters, int items);

    /// <summary>[B, C, T] float: whole sounds. It waits until they are made.</summary>
    public abstract Tensor Generate(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);

    /// <summary>The same piece by piece. No batch with a prompt.</summary>
    public abstract IAsyncEnumerable<AudioChunk> Stream(
        GenerationBatch batch, double chunkSeconds, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);
}
