namespace AudioCraft.Hosting;

/// <summary>Audio to codes and back for many callers that share one codec: a separate codec, or the codec of a generative model. Requests are served in order, or in turns of the clients (<see cref="ForClient"/>).</summary>
public interface ISoundCodec : ISoundModel
{
    /// <summary>Encodes audio.</summary>
    /// <param name="sound">The audio. Its sample rate and channels are converted to those of the codec.</param>
    /// <param name="codebooks">The number of codebooks, 1 to <see cref="SoundModelInfo.TotalCodebooks"/>: fewer give a lower bitrate and quality. Null for the default of the model.</param>
    /// <param name="cancellationToken">Removes the request from the queue, or ends the encoding within about one second of audio if the codec supports streaming.</param>
    /// <exception cref="ArgumentException">The audio is empty, too long, not finite or cannot be converted, or the number of codebooks is out of range.</exception>
    /// <exception cref="QueueFullException">Too many requests are waiting.</exception>
    /// <exception cref="SoundModelUnavailableException">The model could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    Task<SoundCodes> EncodeAsync(Sound sound, int? codebooks = null, CancellationToken cancellationToken = default);

    /// <summary>Decodes codes to audio with the sample rate and channels of the codec.</summary>
    /// <param name="codes">The codes, such as a result of <see cref="EncodeAsync"/>.</param>
    /// <param name="cancellationToken">Removes the request from the queue, or ends the decoding within about one second of audio if the codec supports streaming.</param>
    /// <exception cref="ArgumentException">There are more codebooks than the codec has, a code is out of range, or the codes are too long.</exception>
    /// <inheritdoc cref="EncodeAsync"/>
    Task<Sound> DecodeAsync(SoundCodes codes, CancellationToken cancellationToken = default);

    /// <summary>Runs other work with exclusive access to the codec, such as <see cref="EcdcFile"/>, in the order of the queue.</summary>
    /// <param name="work">
    /// Receives the codec, which it must not keep, change permanently or dispose of, and a cancellation token. It must not wait for another request to the same model,
    /// which runs after it. The caller owns its result.
    /// </param>
    /// <param name="cancellationToken">Removes the request from the queue, or cancels the token of <paramref name="work"/> and waits until it returns.</param>
    /// <inheritdoc cref="EncodeAsync"/>
    Task<T> RunAsync<T>(Func<CompressionModel, CancellationToken, T> work, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns a service whose requests count as those of one client. Clients take turns: the next request belongs to the client who was served longest ago, and a full queue
    /// removes the newest request of the client with the most waiting ones, if the new request is of a client with fewer. The removed request ends with a <see cref="QueueFullException"/>.
    /// </summary>
    /// <param name="client">The client, such as an address or a user name. "" stands for all requests without a client, which together count as one.</param>
    ISoundCodec ForClient(string client);
}
