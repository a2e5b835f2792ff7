namespace AudioCraft.Hosting;

/// <summary>
/// Text to audio for many callers that share one model. Requests are served in order, or in turns of the clients (<see cref="ForClient"/>). Consecutive requests that differ only in description and seed
/// are generated as one batch, which reads the weights of the model once for all of them. The result of a request does not depend on the others.
/// </summary>
public interface ISoundGenerator : ISoundModel
{
    /// <summary>Generates audio and returns it complete.</summary>
    /// <param name="request">The description and the parameters.</param>
    /// <param name="progress">Receives the position in the queue and each decoding step, on the thread of the model: it should return quickly. An exception that it throws ends the request.</param>
    /// <param name="cancellationToken">Removes the request from the queue, or ends the generation after the current decoding step. The call returns immediately.</param>
    /// <exception cref="ArgumentException">The request has invalid parameters or exceeds the limits of the options.</exception>
    /// <exception cref="QueueFullException">Too many requests are waiting.</exception>
    /// <exception cref="SoundModelUnavailableException">The model could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    Task<Sound> GenerateAsync(SoundRequest request, IProgress<SoundProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Generates audio and returns it in chunks while the rest is generated. Exceptions for a rejected request are thrown by this call, not by the enumeration.
    /// If more than <see cref="AudioCraftOptions.StreamAhead"/> is buffered, the model waits for the consumer; after <see cref="AudioCraftOptions.ConsumerTimeout"/> the stream is ended.
    /// </summary>
    /// <inheritdoc cref="GenerateAsync"/>
    LiveSound Stream(SoundRequest request, IProgress<SoundProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Runs other work with exclusive access to the model, in the order of the queue.</summary>
    /// <param name="work">Receives the model, which it must not keep, change permanently or dispose of, and a cancellation token. The caller owns its result.</param>
    /// <param name="cancellationToken">Removes the request from the queue, or cancels the token of <paramref name="work"/> and waits until it returns.</param>
    /// <exception cref="QueueFullException">Too many requests are waiting.</exception>
    /// <exception cref="SoundModelUnavailableException">The model could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    Task<T> RunAsync<T>(Func<BaseGenModel, CancellationToken, T> work, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns a service whose requests count as those of one client. Clients take turns: the next request belongs to the client who was served longest ago, and a full queue
    /// removes the newest request of the client with the most waiting ones, if the new request is of a client with fewer. The removed request ends with a <see cref="QueueFullException"/>.
    /// </summary>
    /// <param name="client">The client, such as an address or a user name. "" stands for all requests without a client, which together count as one.</param>
    ISoundGenerator ForClient(string client);
}
