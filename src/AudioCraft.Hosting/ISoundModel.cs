namespace AudioCraft.Hosting;

/// <summary>A model that the host looks after. Every member may be called from any thread.</summary>
public interface ISoundModel
{
    /// <summary>The name that it was added with; "" for the one without a name.</summary>
    string Key { get; }

    /// <summary>Whether it can be used now.</summary>
    SoundModelStatus Status { get; }

    /// <summary>What it is; null until it is loaded.</summary>
    SoundModelInfo? Info { get; }

    /// <summary>Requests that wait for their turn, those that are being worked on not counted.</summary>
    int QueueLength { get; }

    /// <summary>Waits until the model is loaded, and begins to load it where that has not been done.</summary>
    /// <param name="cancellationToken">Ends the waiting. The loading goes on.</param>
    /// <exception cref="SoundModelUnavailableException">It could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    Task<SoundModelInfo> LoadAsync(CancellationToken cancellationToken = default);
}
