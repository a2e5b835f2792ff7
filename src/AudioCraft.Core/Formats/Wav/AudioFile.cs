using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Reads and writes WAV files: integers of 8, 16, 24 and 32 bits and floating point of 32 and 64 bits, also as WAVE_FORMAT_EXTENSIBLE and RF64; A-law, µ-law, big-endian files (RIFX)
/// and Wave64 are only read. Headers with the usual faults are accepted, with a warning to <see cref="AudioReadOptions.Logger"/>: sizes that a writer to a pipe could not fill in, that
/// count the header or wrap at 4 GiB, odd chunks without a pad byte, chunks in another order, leading ID3 tags. No other program is needed; upstream uses ffmpeg (data/audio.py).
/// </summary>
public static class AudioFile
{
    /// <summary>Reads a WAV file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The file is damaged or truncated, contains NaN or infinity, or its format is not supported.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static (Tensor Wav, int SampleRate) Read(string path) => Open(path, source => WavReader.Read(source, new AudioReadOptions()));

    /// <summary>Reads a WAV file and converts it, block by block.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The sample rate and the channels of the result, the limit, and the logger.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and its sample rate in hertz.</returns>
    /// <exception cref="ArgumentException">A value of <paramref name="options"/> is out of range.</exception>
    /// <exception cref="AudioFormatException">The file is damaged or truncated, contains NaN or infinity, is too long, or its format is not supported.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static (Tensor Wav, int SampleRate) Read(string path, AudioReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Open(path, source => WavReader.Read(source, options));
    }

    /// <summary>Reads a section of a WAV file without reading the rest.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">The start in seconds, 0 or more. The result is empty if it is after the end.</param>
    /// <param name="duration">The maximum duration in seconds, 0 or more; null for the rest of the file.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative or not finite.</exception>
    /// <exception cref="AudioCraftException">The file cannot be read (<see cref="AudioFormatException"/>: it is damaged, not a WAV file, or its format is not supported).</exception>
    public static (Tensor Wav, int SampleRate) Read(string path, double start, double? duration = null)
    {
        RequireTime(start, nameof(start));
        RequireTime(duration ?? 0, nameof(duration));
        return Open(path, source => WavReader.Read(source, start, duration));
    }

    /// <summary>Reads WAV from the position of a stream, forward only. The stream stays open. Samples without a valid size are read to the end of the stream.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The contents are damaged or truncated, contain NaN or infinity, or their format is not supported.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream stream) => WavReader.Read(Source(stream), new AudioReadOptions());

    /// <summary>Reads WAV from the position of a stream, forward only, and converts it, block by block. The stream stays open.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <param name="options">The sample rate and the channels of the result, the limit, and the logger.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and its sample rate in hertz.</returns>
    /// <exception cref="ArgumentException">A value of <paramref name="options"/> is out of range.</exception>
    /// <exception cref="AudioFormatException">The contents are damaged or truncated, contain NaN or infinity, are too long, or their format is not supported.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream stream, AudioReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return WavReader.Read(Source(stream, options.SourceName), options);
    }

    /// <summary>Reads the header of a WAV file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AudioFormatException">The header is damaged, states more samples than exist, or its format is not supported.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static AudioFileInfo Info(string path) => Open(path, WavReader.Info);

    /// <summary>Reads a WAV header at the position of a stream. The stream stays open at the first sample.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <exception cref="AudioFormatException">The header is damaged, states more samples than exist, or its format is not supported.</exception>
    public static AudioFileInfo Info(Stream stream) => WavReader.Info(Source(stream));

    /// <summary>
    /// Writes a WAV file, completely or not at all: to a temporary file, which is then renamed. Missing directories are created.
    /// By default the level is normalized, as by upstream's <c>audio_write</c>: see <see cref="AudioWriteOptions.Normalization"/>.
    /// </summary>
    /// <param name="path">The file. An existing file is replaced.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite. It is not changed.</param>
    /// <param name="sampleRate">The sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="options">The level and the sample format.</param>
    /// <exception cref="ArgumentException">The audio has another shape or type, a sample is NaN or infinite, a value of <paramref name="options"/> is out of range,
    /// or a sample exceeds ±1 after normalization and the format stores integers.</exception>
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

    /// <summary>Writes WAV at the position of a stream, front to back. The stream stays open.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite. It is not changed.</param>
    /// <param name="sampleRate">The sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="options">The level and the sample format.</param>
    /// <exception cref="ArgumentException">As <see cref="Write(string, Tensor, int, AudioWriteOptions?)"/>, or the stream is not writable.</exception>
    public static void Write(Stream stream, Tensor wav, int sampleRate, AudioWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream is not writable.", nameof(stream));
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
            throw new ArgumentException($"The format is {options.Format}, which can be read but not written.", nameof(options));
        }

        samples = AudioNormalizer.Normalize(wav, sampleRate, options);
        try
        {
            if (SampleEncoder.IsInteger(options.Format) && AudioNormalizer.Peak(samples) is var peak and > 1)
            {
                throw new ArgumentException(
                    $"The largest magnitude is {peak}, but {options.Format} holds at most 1: choose another normalization than {options.Normalization}, or a floating-point format.", nameof(wav));
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

    private static ByteSource Source(Stream stream, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanRead ? new ByteSource(stream, name ?? "the stream") : throw new ArgumentException("The stream is not readable.", nameof(stream));
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

/// <summary>The contents of the header of an audio file.</summary>
/// <param name="SampleRate">The sample rate in hertz.</param>
/// <param name="Channels">The number of channels.</param>
/// <param name="Frames">The number of samples per channel; null if neither the header nor the stream determines it.</param>
/// <param name="Format">The sample format.</param>
public sealed record AudioFileInfo(int SampleRate, int Channels, long? Frames, AudioSampleFormat Format)
{
    /// <summary>The positions of the channels; <see cref="ChannelMask.None"/> if they are the usual ones for their number.</summary>
    public ChannelMask Layout { get; init; }

    /// <summary>The duration in seconds; null if <see cref="Frames"/> is null.</summary>
    public double? Duration => Frames is { } frames ? (double)frames / SampleRate : null;
}
