using AudioCraft.Audio;
using NAudio.SoundFile;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>A tensor as the bytes of a file that libsndfile encodes.</summary>
internal static class SoundFileEncoder
{
    /// <summary>libvorbis takes what it is given onto its stack.</summary>
    private const int BlockFrames = 1 << 11;

    public static MemoryStream Encode(Tensor wav, int sampleRate, AudioWriteOptions options, SoundFormat format, double? quality)
    {
        RequireQuality(format, quality);
        options.Validate(nameof(options));
        var native = new SoundFileWriterOptions { Subtype = SubtypeOf(format, options.Format), VbrQuality = quality };
        using var samples = AudioNormalizer.Normalize(wav, sampleRate, options);
        if (native.Subtype is not (SoundFileSubtype.Float or SoundFileSubtype.Double) && AudioNormalizer.Peak(samples) is var peak and > 1)
        {
            throw new ArgumentException(
                $"The largest magnitude is {peak}, but {format} holds at most 1: choose another strategy than {options.Strategy}.", nameof(wav));
        }

        var encoded = new MemoryStream();
        try
        {
            using (var writer = Open(encoded, WaveFormat.CreateIeeeFloatWaveFormat(sampleRate, (int)samples.size(0)), format, native))
            {
                Write(samples, writer);
            }

            encoded.Position = 0;
            return encoded;
        }
        catch (Exception error)
        {
            encoded.Dispose();
            throw error switch
            {
                SoundFileException => new AudioCraftException($"The sound cannot be encoded as {format}: {error.Message}", error),
                DllNotFoundException missing => LibSndFileMissing.Because(missing),
                _ => error,
            };
        }
    }

    public static void RequireQuality(SoundFormat format, double? quality)
    {
        if (quality is not { } value)
        {
            return;
        }

        if (format is SoundFormat.Wav or SoundFormat.Aiff or SoundFormat.Flac)
        {
            throw new ArgumentException($"A quality of {value} is asked for, but {format} loses nothing.", nameof(quality));
        }

        if (!(value is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quality), value, $"The quality is {value}, but 0 (small) to 1 (good) was expected.");
        }
    }

    private static SoundFileWriter Open(MemoryStream stream, WaveFormat source, SoundFormat format, SoundFileWriterOptions options)
    {
        try
        {
            return new SoundFileWriter(stream, source, MajorOf(format), options);
        }
        catch (Exception error) when (error is ArgumentException or SoundFileException)
        {
            // What it is opened on is memory, so that only the format can be at fault.
            throw new ArgumentException(
                $"{format} with {source.Channels} channels of {source.SampleRate} Hz is not written by the libsndfile of this machine: {error.Message}", nameof(format), error);
        }
    }

    private static void Write(Tensor samples, SoundFileWriter writer)
    {
        var (channels, frames) = ((int)samples.size(0), samples.size(1));
        var buffer = new float[BlockFrames * channels];
        for (long start = 0; start < frames; start += BlockFrames)
        {
            var block = buffer.AsSpan(0, (int)Math.Min(BlockFrames, frames - start) * channels);
            Interleaving.Together(samples, start, block);
            writer.WriteSamples(block);
        }
    }

    private static SoundFileMajorFormat MajorOf(SoundFormat format) => format switch
    {
        SoundFormat.Aiff => SoundFileMajorFormat.Aiff,
        SoundFormat.Flac => SoundFileMajorFormat.Flac,
        SoundFormat.OggVorbis => SoundFileMajorFormat.OggVorbis,
        SoundFormat.Opus => SoundFileMajorFormat.Opus,
        SoundFormat.Mp3 => SoundFileMajorFormat.Mp3,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"The format is {format}, which is none of {string.Join(", ", Enum.GetNames<SoundFormat>())}."),
    };

    private static SoundFileSubtype SubtypeOf(SoundFormat format, AudioSampleFormat samples) => (format, samples) switch
    {
        (SoundFormat.OggVorbis, _) => SoundFileSubtype.Vorbis,
        (SoundFormat.Opus, _) => SoundFileSubtype.Opus,
        (SoundFormat.Mp3, _) => SoundFileSubtype.Mp3,
        (SoundFormat.Aiff or SoundFormat.Flac, AudioSampleFormat.Pcm8) => SoundFileSubtype.PcmS8,
        (SoundFormat.Aiff or SoundFormat.Flac, AudioSampleFormat.Pcm16) => SoundFileSubtype.Pcm16,
        (SoundFormat.Aiff or SoundFormat.Flac, AudioSampleFormat.Pcm24) => SoundFileSubtype.Pcm24,
        (SoundFormat.Aiff, AudioSampleFormat.Pcm32) => SoundFileSubtype.Pcm32,
        (SoundFormat.Aiff, AudioSampleFormat.Ieee32) => SoundFileSubtype.Float,
        (SoundFormat.Aiff, AudioSampleFormat.Ieee64) => SoundFileSubtype.Double,
        (SoundFormat.Aiff or SoundFormat.Flac, _) => throw new ArgumentException($"{format} does not store samples as {samples}.", nameof(samples)),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"The format is {format}, which is none of {string.Join(", ", Enum.GetNames<SoundFormat>())}."),
    };
}
