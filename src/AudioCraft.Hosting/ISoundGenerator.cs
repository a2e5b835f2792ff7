namespace AudioCraft.Hosting;

/// <summary>
/// Text to sound for many callers, who share one model. Requests are served in the order in which they come; neighbours in the queue that differ in nothing but
/// description and seed are made together, which reads the model's weights once for all of them. A sound depends on its own request alone.
/// </summary>
public interface ISoundGenerator : ISoundModel
{
    /// <summary>Makes a sound and gives all of it at once.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Told of the place in the queue and of each step, on the model's thread: it should be quick, and what it throws ends the request.</param>
    /// <param name="cancellationToken">Leaves the queue, or ends the making between two steps. The caller does not wait for that.</param>
    /// <exception cref="ArgumentException">The request asks for something that cannot be made, or for more than the options allow.</exception>
    /// <exception cref="QueueFullException">Too many are waiting.</exception>
    /// <exception cref="SoundModelUnavailableException">The model could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    Task<Sound> GenerateAsync(SoundRequest request, IProgress<SoundProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a sound that is given piece by piece while the rest is being made. What refuses the request is thrown here, before the first piece is waited for.
    /// Who falls back by more than <see cref="AudioCraftOptions.StreamAhead"/> makes the model wait, and is dropped after <see cref="AudioCraftOptions.ListenerTimeout"/>.
    /// </summary>
    /// <inheritdoc cref="GenerateAsync"/>
    LiveSound Stream(SoundRequest request, IProgress<SoundProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Anything else that the model can do, in its turn and alone with the model.</summary>
    /// <param name="work">Gets the model, which it must not keep, change for good or dispose of, and a token that it should heed. Its result goes to the caller, who owns it.</param>
    /// <param name="cancellationToken">Leaves the queue, or cancels the token that <paramref name="work"/> has; once begun, it is waited for.</param>
    /// <exception cref="QueueFullException">Too many are waiting.</exception>
    /// <exception cref="SoundModelUnavailableException">The model could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    Task<T> RunAsync<T>(Func<BaseGenModel, CancellationToken, T> work, CancellationToken cancellationToken = default);
}
