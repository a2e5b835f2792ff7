using AudioCraft.Formats;

namespace AudioCraft;

/// <summary>The position of a stream in an <see cref="EncodecLanguageModel"/>: what its layers computed, as far back as attention reaches. Disposing it frees that.</summary>
public sealed class EncodecLanguageModelState : IDisposable
{
    private readonly EncodecLanguageModelWeights weights;
    private EncodecLanguageModelStream[]? streams;
    private bool disposed;

    internal EncodecLanguageModelState(EncodecLanguageModel model, EncodecLanguageModelWeights weights) => (Model, this.weights) = (model, weights);

    /// <summary>Steps so far.</summary>
    public long Offset { get; internal set; }

    /// <summary>The model that it belongs to.</summary>
    internal EncodecLanguageModel Model { get; }

    /// <summary>Items of the batch; null before the first step.</summary>
    internal int? Batch => streams?.Length;

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        streams = null;
        weights.Dispose();
    }

    /// <summary>One stream for each item of a batch, which stays the same.</summary>
    internal EncodecLanguageModelStream[] Streams(int batch)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return streams ??= [.. Enumerable.Range(0, batch).Select(_ => new EncodecLanguageModelStream(weights))];
    }
}
