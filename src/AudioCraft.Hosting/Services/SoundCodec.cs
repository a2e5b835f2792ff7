using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <inheritdoc cref="ISoundCodec"/>
internal sealed class SoundCodec(SoundModelHost host, string client = "") : SoundModelService(host, client), ISoundCodec
{
    public Task<SoundCodes> EncodeAsync(Sound sound, int? codebooks = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sound);
        sound.CheckLength(Host.Options.MaxSoundDuration, nameof(sound));
        return QueueAsync("encode", (model, stop) => CodecArrays.Encode(model.Codec, sound, codebooks, stop), cancellationToken);
    }

    public Task<Sound> DecodeAsync(SoundCodes codes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codes);
        return QueueAsync("decode", (model, stop) => CodecArrays.Decode(model.Codec, codes, Host.Options.MaxSoundDuration, stop), cancellationToken);
    }

    public Task<T> RunAsync<T>(Func<CompressionModel, CancellationToken, T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return QueueAsync("run", (model, stop) => work(model.Codec, stop), cancellationToken);
    }

    public ISoundCodec ForClient(string client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new SoundCodec(Host, client);
    }
}

/// <summary>Encodes and decodes managed arrays on the device of the codec.</summary>
internal static class CodecArrays
{
    /// <summary>Encodes audio of any sample rate and number of channels.</summary>
    /// <exception cref="ArgumentException">The audio is not finite or cannot be converted, or the number of codebooks is out of range.</exception>
    public static SoundCodes Encode(CompressionModel codec, Sound sound, int? codebooks, CancellationToken cancellationToken)
    {
        if (codebooks < 1 || codebooks > codec.TotalCodebooks)
        {
            throw new ArgumentOutOfRangeException(nameof(codebooks), codebooks, $"The number of codebooks is {codebooks}, but 1 to {codec.TotalCodebooks} was expected.");
        }

        if (Waveform.IndexOfNonFinite(sound.Samples) is var bad and >= 0)
        {
            throw new ArgumentException($"Sample {bad} is {sound.Samples[bad]}, but finite values were expected.", nameof(sound));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var source = sound.ToTensor();
        var wav = AudioConversion.Convert(source, sound.SampleRate, codec.SampleRate, codec.Channels).unsqueeze(0).to(codec.Device);
        using var frame = Encode(codec, wav, codebooks, cancellationToken);
        var values = frame.Codes.to(ScalarType.Int32, CPU).contiguous().data<int>().ToArray();
        return new SoundCodes(values, (int)frame.Codes.size(1), frame.Scale?.to(CPU).item<float>(), wav.size(2));
    }

    /// <summary>Decodes codes to audio with the sample rate and channels of the codec.</summary>
    /// <exception cref="ArgumentException">There are more codebooks than the codec has, a code is out of range, or the codes are too long.</exception>
    public static Sound Decode(CompressionModel codec, SoundCodes codes, double maxSeconds, CancellationToken cancellationToken)
    {
        if (codes.Codebooks > codec.TotalCodebooks)
        {
            throw new ArgumentException($"The codes have {codes.Codebooks} codebooks, but the codec has {codec.TotalCodebooks}.", nameof(codes));
        }

        if (codes.Frames / codec.FrameRate is var seconds && seconds > maxSeconds)
        {
            throw new ArgumentException($"The codes are {seconds:F1} s long, but at most {maxSeconds} s were expected.", nameof(codes));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var tokens = tensor(codes.Values, [1, codes.Codebooks, codes.Frames]).to(ScalarType.Int64).to(codec.Device);
        var wav = Decode(codec, tokens, codes.Scale, cancellationToken);
        if (codes.SoundFrames < wav.size(2))
        {
            wav = wav.narrow(2, 0, codes.SoundFrames.Value);
        }

        return new Sound(Sound.Interleaved(wav[0]), codec.Channels, codec.SampleRate);
    }

    // In chunks if the codec supports streaming, so that it can be canceled.
    private static EncodedFrame Encode(CompressionModel codec, Tensor wav, int? codebooks, CancellationToken cancellationToken)
    {
        IEnumerable<Tensor> pieces;
        try
        {
            pieces = codec.EncodeStream([wav], codebooks: codebooks);
        }
        catch (NotSupportedException)
        {
            var (codes, scale) = codebooks is { } number ? codec.Encode(wav, number) : codec.Encode(wav);
            return new(codes, scale);
        }

        return new(Joined(pieces, cancellationToken), null);
    }

    private static Tensor Decode(CompressionModel codec, Tensor codes, float? scale, CancellationToken cancellationToken)
    {
        IEnumerable<Tensor> pieces;
        try
        {
            pieces = codec.DecodeStream([codes]);
        }
        catch (NotSupportedException)
        {
            return codec.Decode(codes, scale is { } value ? tensor(new[] { value }, [1, 1], device: codes.device) : null);
        }

        return Joined(pieces, cancellationToken);
    }

    private static Tensor Joined(IEnumerable<Tensor> pieces, CancellationToken cancellationToken)
    {
        var all = new List<Tensor>();
        foreach (var piece in pieces)
        {
            cancellationToken.ThrowIfCancellationRequested();
            all.Add(piece);
        }

        return cat(all, 2);
    }
}
