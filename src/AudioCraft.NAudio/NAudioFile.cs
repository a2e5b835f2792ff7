using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>
/// Sound files of every format: WAV through <see cref="AudioFile"/>; AIFF, FLAC, Ogg Vorbis, Opus, MP3 and what else NAudio's SoundFileReader opens
/// through the libsndfile of the machine (Debian and Ubuntu: libsndfile1; macOS: brew install libsndfile; Windows: sndfile.dll beside the application).
/// </summary>
public static class NAudioFile
{
    /// <summary>Samples of all channels together that a compressed file may hold at most, unless the call says otherwise: 1.7 hours of stereo at 44.1 kHz, 2 GiB.</summary>
    public const long DefaultMaxSamples = 1L << 29;

    /// <summary>Reads a sound file, told apart by its contents, not by its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxSamples">A compressed file may be thousands of times smaller than its sound: one of more samples than this, of all channels together, is refused.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, which the caller owns, and the rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The file is damaged, cut off, holds NaN or infinity, is too long, or is of a format that is not read.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read, or it is no WAV file and there is no libsndfile.</exception>
    public static (Tensor Wav, int SampleRate) Read(string path, long maxSamples = DefaultMaxSamples)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSamples, 1);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.CanSeek && !SoundFileDecoder.IsWav(stream))
            {
                return SoundFileDecoder.Decode(stream, $"'{path}'", maxSamples);
            }

            return stream.CanSeek ? AudioFile.Read(path) : Read(stream, maxSamples);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a sound from the position of a stream to its end, and leaves it open.</summary>
    /// <param name="stream">A file, memory, or a pipe; what cannot be positioned is brought into memory first.</param>
    /// <param name="maxSamples">As for <see cref="Read(string, long)"/>.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, which the caller owns, and the rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The contents are damaged, cut off, hold NaN or infinity, are too long, or of a format that is not read.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or it holds no WAV and there is no libsndfile.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream stream, long maxSamples = DefaultMaxSamples)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSamples, 1);
        if (!stream.CanRead)
        {
            throw new ArgumentException("The stream cannot be read.", nameof(stream));
        }

        try
        {
            // libsndfile counts positions from the beginning of what it is given.
            using var copy = stream.CanSeek && stream.Position == 0 ? null : new MemoryStream();
            if (copy is not null)
            {
                stream.CopyTo(copy);
                copy.Position = 0;
            }

            var source = copy ?? stream;
            return SoundFileDecoder.IsWav(source) ? AudioFile.Read(source) : SoundFileDecoder.Decode(source, "the stream", maxSamples);
        }
        catch (IOException error)
        {
            throw new AudioCraftException($"The stream cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes a sound file, whole or not at all: it is written beside its place and renamed. Directories that lack are made.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz; lossy formats know a few rates only (<see cref="SoundFormat"/>).</param>
    /// <param name="options">Level, and for lossless formats how a sample is stored. By default as upstream: the peak at -1 dB, 16 bits.</param>
    /// <param name="format">The format; by default what the end of the name says: .wav, .aiff, .aif, .flac, .ogg, .oga, .opus or .mp3.</param>
    /// <param name="quality">For lossy formats, 0 (small) to 1 (good); by default the encoder's own choice.</param>
    /// <exception cref="ArgumentException">The sound has another shape or type, a sample is NaN or infinite, beyond ±1 after normalization where the format has no room for it,
    /// the name says no format, the format does not know the rate, the number of channels, the kind of samples or a quality, or a value is out of range.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written, or there is no libsndfile and the format is not WAV.</exception>
    public static void Write(
        string path, Tensor wav, int sampleRate, AudioWriteOptions? options = null, SoundFormat? format = null, double? quality = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var chosen = format ?? FormatOf(path);
        if (chosen == SoundFormat.Wav)
        {
            SoundFileEncoder.RequireQuality(chosen, quality);
            AudioFile.Write(path, wav, sampleRate, options);
            return;
        }

        using var encoded = SoundFileEncoder.Encode(wav, sampleRate, options ?? new AudioWriteOptions(), chosen, quality);
        AtomicFile.Write(path, encoded.CopyTo);
    }

    /// <summary>Writes a sound at the position of a stream, front to back, and leaves it open.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <param name="format">The format.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz; lossy formats know a few rates only (<see cref="SoundFormat"/>).</param>
    /// <param name="options">Level, and for lossless formats how a sample is stored.</param>
    /// <param name="quality">For lossy formats, 0 (small) to 1 (good); by default the encoder's own choice.</param>
    /// <exception cref="ArgumentException">As for the other overload, or the stream cannot be written to.</exception>
    /// <exception cref="AudioCraftException">There is no libsndfile and the format is not WAV.</exception>
    public static void Write(Stream stream, SoundFormat format, Tensor wav, int sampleRate, AudioWriteOptions? options = null, double? quality = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written to.", nameof(stream));
        }

        if (format == SoundFormat.Wav)
        {
            SoundFileEncoder.RequireQuality(format, quality);
            AudioFile.Write(stream, wav, sampleRate, options);
            return;
        }

        using var encoded = SoundFileEncoder.Encode(wav, sampleRate, options ?? new AudioWriteOptions(), format, quality);
        encoded.CopyTo(stream);
    }

    private static SoundFormat FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".WAV" => SoundFormat.Wav,
        ".AIFF" or ".AIF" => SoundFormat.Aiff,
        ".FLAC" => SoundFormat.Flac,
        ".OGG" or ".OGA" => SoundFormat.OggVorbis,
        ".OPUS" => SoundFormat.Opus,
        ".MP3" => SoundFormat.Mp3,
        _ => throw new ArgumentException($"'{path}' does not end in .wav, .aiff, .flac, .ogg, .opus or .mp3: say the format.", nameof(path)),
    };
}
