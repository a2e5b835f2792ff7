using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Sound files. WAV is read and written: integers of 8, 16, 24 and 32 bits, floating point of 32 and 64, also as WAVE_FORMAT_EXTENSIBLE and RF64; A-law and µ-law are read.
/// What upstream does through ffmpeg (data/audio.py) is done here without any other program.
/// </summary>
public static class AudioFile
{
    /// <summary>Reads a WAV file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, which the caller owns, and the rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The file is damaged, cut off, holds NaN or infinity, or is of a format that is not read.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static (Tensor Wav, int SampleRate) Read(string path) => Open(path, WavReader.Read);

    /// <summary>Reads a part of a WAV file, without reading the rest.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">Where to begin, in seconds, 0 or more; from the end on there is nothing.</param>
    /// <param name="duration">Seconds to read at most, 0 or more; null for all that follows.</param>
    /// <returns>Float32 [C, T] in ±1 on the CPU, which the caller owns, and its sample rate.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative or not finite.</exception>
    /// <exception cref="AudioCraftException">The file cannot be read (<see cref="AudioFormatException"/>: it is no WAV file, damaged, or of a kind that is not supported).</exception>
    public static (Tensor Wav, int SampleRate) Read(string path, double start, double? duration = null)
    {
        RequireTime(start, nameof(start));
        RequireTime(duration ?? 0, nameof(duration));
        return Open(path, source => WavReader.Read(source, start, duration));
    }

    /// <summary>Reads WAV from the position of a stream, forward only, and leaves it open. Samples of unfinished recordings (size 0 or 0xFFFFFFFF) go on to its end.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, which the caller owns, and the rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The contents are damaged, cut off, hold NaN or infinity, or are of a format that is not read.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream stream) => WavReader.Read(Source(stream));

    /// <summary>Reads what the header of a WAV file says, and no samples.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AudioFormatException">The header is damaged, promises more than is there, or is of a format that is not read.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static AudioFileInfo Info(string path) => Open(path, WavReader.Info);

    /// <summary>Reads what a WAV header at the position of a stream says, and leaves the stream open at the first sample.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <exception cref="AudioFormatException">The header is damaged, promises more than is there, or is of a format that is not read.</exception>
    public static AudioFileInfo Info(Stream stream) => WavReader.Info(Source(stream));

    /// <summary>
    /// Writes a WAV file, whole or not at all: it is written beside its place and renamed. Directories that lack are made.
    /// By default the level is changed, as upstream's <c>audio_write</c> does: see <see cref="AudioWriteOptions.Strategy"/>.
    /// </summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <param name="options">Level and sample format.</param>
    /// <exception cref="ArgumentException">The sound has another shape or type, a sample is NaN or infinite, a value of <paramref name="options"/> is out of range,
    /// or a sample is beyond ±1 after normalization and the format is one of integers.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Write(string path, Tensor wav, int sampleRate, AudioWriteOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var format = Prepare(wav, sampleRate, options ?? new AudioWriteOptions(), out var samples);
        using (samples)
        {
            AtomicFile.Write(path, stream => WavWriter.Write(stream, samples, format));
        }
    }

    /// <summary>Writes WAV at the position of a stream, front to back, and leaves it open.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000.</param>
    /// <param name="options">Level and sample format.</param>
    /// <exception cref="ArgumentException">As <see cref="Write(string, Tensor, int, AudioWriteOptions?)"/>, or the stream cannot be written to.</exception>
    public static void Write(Stream stream, Tensor wav, int sampleRate, AudioWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written to.", nameof(stream));
        }

        var format = Prepare(wav, sampleRate, options ?? new AudioWriteOptions(), out var samples);
        using (samples)
        {
            WavWriter.Write(stream, samples, format);
        }
    }

    private static WavFormat Prepare(Tensor wav, int sampleRate, AudioWriteOptions options, out Tensor samples)
    {
        options.Validate(nameof(options));
        if (options.Format is AudioSampleFormat.ALaw or AudioSampleFormat.MuLaw)
        {
            throw new ArgumentException($"The format is {options.Format}, which is read but not written.", nameof(options));
        }

        samples = AudioNormalizer.Normalize(wav, sampleRate, options);
        try
        {
            if (SampleEncoder.IsInteger(options.Format) && AudioNormalizer.Peak(samples) is var peak and > 1)
            {
                throw new ArgumentException(
                    $"The largest magnitude is {peak}, but {options.Format} holds at most 1: choose another strategy than {options.Strategy}, or a floating-point format.", nameof(wav));
            }

            return new WavFormat(options.Format, (int)samples.size(0), sampleRate);
        }
        catch
        {
            samples.Dispose();
            throw;
        }
    }

    private static void RequireTime(double value, string name)
    {
        if (!(value >= 0) || !double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(name, value, $"A time is {value} s; 0 or more was expected.");
        }
    }

    private static ByteSource Source(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanRead ? new ByteSource(stream, "the stream") : throw new ArgumentException("The stream cannot be read.", nameof(stream));
    }

    private static T Open<T>(string path, Func<ByteSource, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return read(new ByteSource(stream, $"'{path}'"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be read: {error.Message}", error);
        }
    }
}
