using AudioCraft.Formats;
using AudioCraft.NAudio;
using AudioCraft.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Output;

/// <summary>A written result.</summary>
/// <param name="Path">The audio file, or <c>-</c> for stdout.</param>
/// <param name="Picture">The spectrogram, or null.</param>
/// <param name="Skipped">Whether the file existed and was kept.</param>
internal sealed record WrittenFile(string Path, string? Picture, bool Skipped = false);

/// <summary>Writes audio files and spectrograms, completely or not at all.</summary>
/// <param name="level">The level.</param>
/// <param name="picture">Whether to write spectrograms.</param>
/// <param name="openStandardOutput">Opens stdout.</param>
internal sealed class AudioWriter(AudioWriteOptions level, bool picture, Func<Stream> openStandardOutput)
{
    /// <summary>Throws before the computation if a file cannot be written.</summary>
    /// <exception cref="UsageException">A spectrogram was requested for stdout, or stdout is a terminal.</exception>
    /// <exception cref="AudioCraftException">A directory is not writable.</exception>
    public void Check(OutputPaths paths)
    {
        if (paths.IsStandardOutput)
        {
            if (picture)
            {
                throw new UsageException("--png writes a spectrogram beside the audio file, so it cannot be used with --output -.");
            }

            openStandardOutput().Dispose();
        }

        paths.Check(picture);
    }

    /// <summary>Throws before the computation if libsndfile is missing, or a format does not support the sample rate.</summary>
    public static void CheckFormats(OutputPaths paths, int sampleRate, int channels)
    {
        using var silence = zeros(channels, sampleRate / 10);
        foreach (var format in paths.Files.Select(file => FormatOf(file.Extension)).Distinct().Where(format => format != SoundFormat.Wav))
        {
            NAudioFile.Write(Stream.Null, format, silence, sampleRate, new AudioWriteOptions { Normalization = AudioNormalization.None });
        }
    }

    /// <summary>Writes audio [C, T] to stdout.</summary>
    public WrittenFile WriteToStandardOutput(OutputFile file, Tensor wav, int sampleRate)
    {
        using var stream = openStandardOutput();
        NAudioFile.Write(stream, FormatOf(file.Extension), wav, sampleRate, level);
        stream.Flush();
        return new WrittenFile(OutputPaths.StandardOutput, null);
    }

    /// <summary>Writes audio [C, T] to a file.</summary>
    /// <param name="file">The file. With <see cref="Existing.Keep"/>, the first free number is used.</param>
    /// <param name="wav">The audio.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="title">The title of the spectrogram.</param>
    public WrittenFile Write(OutputFile file, Tensor wav, int sampleRate, string title)
    {
        // The spectrogram first: if the audio file exists, both are complete.
        var png = picture ? Spectrogram.Png(sampleRate, (title, wav)) : null;
        try
        {
            return file.Existing == Existing.Replace ? Replace(file, wav, sampleRate, png) : Create(file, wav, sampleRate, png);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"'{file.Path}' cannot be written: {error.Message}", error);
        }
    }

    private WrittenFile Replace(OutputFile file, Tensor wav, int sampleRate, byte[]? png)
    {
        if (png is not null)
        {
            AtomicFile.Write(file.Picture, stream => stream.Write(png));
        }

        NAudioFile.Write(file.Path, wav, sampleRate, level);
        return new WrittenFile(file.Path, png is null ? null : file.Picture);
    }

    private WrittenFile Create(OutputFile file, Tensor wav, int sampleRate, byte[]? png)
    {
        using var audio = new NewFile(file.Directory, stream => NAudioFile.Write(stream, FormatOf(file.Extension), wav, sampleRate, level));
        using var image = png is null ? null : new NewFile(file.Directory, stream => stream.Write(png));
        if (file.Existing == Existing.Skip)
        {
            if (png is not null && !File.Exists(file.Path))
            {
                AtomicFile.Write(file.Picture, stream => stream.Write(png));
            }

            return audio.TryPublish(file.Path) ? new WrittenFile(file.Path, png is null ? null : file.Picture) : new WrittenFile(file.Path, null, Skipped: true);
        }

        for (; ; file = file.Next())
        {
            if (Path.Exists(file.Path) || image?.TryPublish(file.Picture) == false)
            {
                continue;
            }

            if (audio.TryPublish(file.Path))
            {
                return new WrittenFile(file.Path, image is null ? null : file.Picture);
            }

            image?.Withdraw(file.Picture);
        }
    }

    private static SoundFormat FormatOf(string extension) => extension.ToUpperInvariant() switch
    {
        "WAV" => SoundFormat.Wav,
        "FLAC" => SoundFormat.Flac,
        "OGG" => SoundFormat.OggVorbis,
        "MP3" => SoundFormat.Mp3,
        "OPUS" => SoundFormat.Opus,
        "AIFF" => SoundFormat.Aiff,
        _ => throw new UsageException($"The supported formats are {string.Join(", ", OutputPaths.Formats)}, not {extension}."),
    };
}
