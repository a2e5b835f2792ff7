namespace AudioCraft.Hosting;

/// <inheritdoc cref="ISoundCodec"/>
internal sealed class SoundCodec(SoundModelHost host) : SoundModelFacade(host), ISoundCodec
{
    public Task<SoundCodes> EncodeAsync(Sound sound, int? codebooks = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sound);
        sound.CheckLength(Host.Options.MaxSoundDuration, nameof(sound));
        return DoAsync("encode", (model, stop) => CodecWork.Encode(model.Codec, sound, codebooks, stop), cancellationToken);
    }

    public Task<Sound> DecodeAsync(SoundCodes codes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codes);
        return DoAsync("decode", (model, stop) => CodecWork.Decode(model.Codec, codes, Host.Options.MaxSoundDuration, stop), cancellationToken);
    }

    public Task<T> RunAsync<T>(Func<CompressionModel, CancellationToken, T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return DoAsync("run", (model, stop) => work(model.Codec, stop), cancellationToken);
    }
}
