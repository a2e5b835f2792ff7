using AudioCraft.Formats;
using AudioCraft.NAudio;
using AudioCraft.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Output;

/// <summary>Writes sounds, and pictures of them, whole or not at all.</summary>
/// <param name="level">How loud.</param>
/// <param name="picture">Whether a spectrogram goes beside each.</param>
internal sealed class SoundWriter(AudioWriteOptions level, bool picture)
{
    /// <summary>Fails before anything is computed where these files could not be written afterwards: no libsndfile, a rate that the format does not know.</summary>
    public static void CheckFormats(IEnumerable<string> paths, int sampleRate, int channels)
    {
        using var silence = zeros(channels, sampleRate / 10);
        foreach (var ending in paths.Select(path => Path.GetExtension(path).ToUpperInvariant()).Distinct().Where(ending => ending != ".WAV"))
        {
            NAudioFile.Write(Stream.Null, FormatOf(ending), silence, sampleRate, new AudioWriteOptions { Strategy = AudioNormalization.None });
        }
    }

    /// <summary>Writes one sound [C, T].</summary>
    /// <returns>The picture's path, or null where there is none.</returns>
    public string? Write(string path, Tensor wav, int sampleRate, string title)
    {
        var image = picture ? Path.ChangeExtension(path, ".png") : null;
        if (image is not null)
        {
            // The picture first: where the sound is there, all is there.
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
        _ => throw new UsageException($"Sounds are written as {string.Join(", ", SoundPlaces.Formats)}, not as {ending.ToLowerInvariant()}."),
    };
}
