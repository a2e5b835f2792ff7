using AudioCraft.Formats;
using AudioCraft.NAudio;
using AudioCraft.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Output;

/// <summary>Writes audio files and spectrograms, completely or not at all.</summary>
/// <param name="level">The level.</param>
/// <param name="picture">Whether to write spectrograms.</param>
internal sealed class AudioWriter(AudioWriteOptions level, bool picture)
{
    /// <summary>Throws before the computation if the files cannot be written: libsndfile is missing, or the format does not support the sample rate.</summary>
    public static void CheckFormats(IEnumerable<string> paths, int sampleRate, int channels)
    {
        using var silence = zeros(channels, sampleRate / 10);
        foreach (var ending in paths.Select(path => Path.GetExtension(path).ToUpperInvariant()).Distinct().Where(ending => ending != ".WAV"))
        {
            NAudioFile.Write(Stream.Null, FormatOf(ending), silence, sampleRate, new AudioWriteOptions { Strategy = AudioNormalization.None });
        }
    }

    /// <summary>Writes one file [C, T].</summary>
    /// <returns>The path of the spectrogram, or null.</returns>
    public string? Write(string path, Tensor wav, int sampleRate, string title)
    {
        var image = picture ? Path.ChangeExtension(path, ".png") : null;
        if (image is not null)
        {
            // The spectrogram first: if the audio file exists, both are complete.
            var png = Spectrogram.Png(sampleRate, (title, wav));
            AtomicFile.Write(image, stream => stream.Write(png));
        }

        NAudioFile.Write(path, wav, sampleRate, level);
        return image;
    }

    private static SoundFormat FormatOf(string ending) => ending switch
    {
        ".FLAC" => SoundFormat.Flac,
        ".OGG" => SoundFormat.OggVorbis,
        ".MP3" => SoundFormat.Mp3,
        ".OPUS" => SoundFormat.Opus,
        ".AIFF" => SoundFormat.Aiff,
        _ => throw new UsageException($"The supported formats are {string.Join(", ", OutputPaths.Formats)}, not {ending.ToLowerInvariant()}."),
    };
}
