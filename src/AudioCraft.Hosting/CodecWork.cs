using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>Coding between managed arrays, on the codec's device.</summary>
internal static class CodecWork
{
    /// <summary>Sound of any rate and channels to codes.</summary>
    /// <exception cref="ArgumentException">It is not finite or cannot be converted, or there are not that many codebooks.</exception>
    public static SoundCodes Encode(CompressionModel codec, Sound sound, int? codebooks, CancellationToken cancellationToken)
    {
        if (codebooks < 1 || codebooks > codec.TotalCodebooks)
        {
            throw new ArgumentOutOfRangeException(nameof(codebooks), codebooks, $"1 to {codec.TotalCodebooks} codebooks were expected.");
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

    /// <summary>Codes to sound, at the codec's rate and channels.</summary>
    /// <exception cref="ArgumentException">The codec has not that many codebooks or entries, or they stand for more sound than allowed.</exception>
    public static Sound Decode(CompressionModel codec, SoundCodes codes, double maxSeconds, CancellationToken cancellationToken)
    {
        if (codes.Codebooks > codec.TotalCodebooks)
        {
            throw new ArgumentException($"There are codes of {codes.Codebooks} codebooks, but the codec has {codec.TotalCodebooks}.", nameof(codes));
        }

        if (codes.Frames / codec.FrameRate is var seconds && seconds > maxSeconds)
        {
            throw new ArgumentException($"The codes stand for {seconds:F1} s, but at most {maxSeconds} s were expected.", nameof(codes));
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

    // Piece by piece it can be cancelled, which codecs that need the whole sound cannot.
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
            return codec.Decode(codes, scale is { } volume ? tensor(new[] { volume }, [1, 1], device: codes.device) : null);
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
