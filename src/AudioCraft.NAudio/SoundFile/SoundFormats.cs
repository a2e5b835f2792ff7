namespace AudioCraft.NAudio.SoundFile;

/// <summary>What the formats are called and what they support.</summary>
internal static class SoundFormats
{
    public static SoundFormat FromExtension(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".WAV" => SoundFormat.Wav,
            ".AIFF" or ".AIF" => SoundFormat.Aiff,
            ".FLAC" => SoundFormat.Flac,
            ".OGG" or ".OGA" => SoundFormat.OggVorbis,
            ".OPUS" => SoundFormat.Opus,
            ".MP3" => SoundFormat.Mp3,
            _ => throw new ArgumentException($"'{path}' does not end in .wav, .aiff, .flac, .ogg, .opus or .mp3: specify the format.", nameof(path)),
        };
    }

    public static void RequireQuality(SoundFormat format, double? quality)
    {
        if (quality is not { } value)
        {
            return;
        }

        if (format is SoundFormat.Wav or SoundFormat.Aiff or SoundFormat.Flac)
        {
            throw new ArgumentException($"The quality is {value}, but {format} is lossless and has none.", nameof(quality));
        }

        if (!(value is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quality), value, $"The quality is {value}, but 0 to 1 was expected.");
        }
    }

    /// <summary>Whether the format stores floating point, so that samples beyond ±1 are kept.</summary>
    public static bool IsFloat(SoundFormat format, AudioSampleFormat samples) =>
        format is SoundFormat.Wav or SoundFormat.Aiff && samples is AudioSampleFormat.Float32 or AudioSampleFormat.Float64;

    /// <summary>The format constants of libsndfile's sndfile.h.</summary>
    public static int ToNative(SoundFormat format, AudioSampleFormat samples) => format switch
    {
        SoundFormat.Wav => 0x010000 | Subtype(format, samples),
        SoundFormat.Aiff => 0x020000 | Subtype(format, samples),
        SoundFormat.Flac => LibSndFile.Flac | Subtype(format, samples),
        SoundFormat.OggVorbis => LibSndFile.OggVorbis,
        SoundFormat.Opus => LibSndFile.OggOpus,
        SoundFormat.Mp3 => 0x230082,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"The format is {format}, but one of {string.Join(", ", Enum.GetNames<SoundFormat>())} was expected."),
    };

    private static int Subtype(SoundFormat format, AudioSampleFormat samples) => (format, samples) switch
    {
        (SoundFormat.Wav, AudioSampleFormat.Pcm8) => 5,
        (_, AudioSampleFormat.Pcm8) => 1,
        (_, AudioSampleFormat.Pcm16) => 2,
        (_, AudioSampleFormat.Pcm24) => 3,
        (not SoundFormat.Flac, AudioSampleFormat.Pcm32) => 4,
        (not SoundFormat.Flac, AudioSampleFormat.Float32) => 6,
        (not SoundFormat.Flac, AudioSampleFormat.Float64) => 7,
        _ => throw new ArgumentException($"{format} does not store samples as {samples}.", nameof(samples)),
    };
}
