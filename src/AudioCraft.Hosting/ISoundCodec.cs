namespace AudioCraft.Hosting;

/// <summary>Sound to codes and back for many callers, who share one codec: a codec of its own, or the one of a model that generates. They are served in the order in which they come.</summary>
public interface ISoundCodec : ISoundModel
{
    /// <summary>Sound to codes.</summary>
    /// <param name="sound">Of any rate and channels: it is converted to the codec's first.</param>
    /// <param name="codebooks">Codebooks to use, 1 to <see cref="SoundModelInfo.TotalCodebooks"/>: fewer are a lower bitrate and a coarser sound. Null for as many as the model uses.</param>
    /// <param name="cancellationToken">Leaves the queue, or ends the coding within about a second of sound, where the codec can work piece by piece.</param>
    /// <exception cref="ArgumentException">The sound is empty, too long, not finite or cannot be converted, or there are not that many codebooks.</exception>
    /// <exception cref="QueueFullException">Too many are waiting.</exception>
    /// <exception cref="SoundModelUnavailableException">The model could not be loaded, or the host is stopping.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    Task<SoundCodes> EncodeAsync(Sound sound, int? codebooks = null, CancellationToken cancellationToken = default);

    /// <summary>Codes to sound, at the codec's rate and channels.</summary>
    /// <param name="codes">What <see cref="EncodeAsync"/> gave, or the like.</param>
    /// <param name="cancellationToken">Leaves the queue, or ends the decoding within about a second of sound, where the codec can work piece by piece.</param>
    /// <exception cref="ArgumentException">The codec has not that many codebooks or entries, or they are too long.</exception>
    /// <inheritdoc cref="EncodeAsync"/>
    Task<Sound> DecodeAsync(SoundCodes codes, CancellationToken cancellationToken = default);

    /// <summary>Anything else that the codec can do, such as files with <see cref="EcdcFile"/>, in its turn and alone with the model.</summary>
    /// <param name="work">Gets the codec, which it must not keep, change for good or dispose of, and a token that it should heed. Its result goes to the caller, who owns it.</param>
    /// <param name="cancellationToken">Leaves the queue, or cancels the token that <paramref name="work"/> has; once begun, it is waited for.</param>
    /// <inheritdoc cref="EncodeAsync"/>
    Task<T> RunAsync<T>(Func<CompressionModel, CancellationToken, T> work, CancellationToken cancellationToken = default);
}
