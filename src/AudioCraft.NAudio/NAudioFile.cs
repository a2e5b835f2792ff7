using AudioCraft.Audio;
using AudioCraft.Formats;
using AudioCraft.NAudio.SoundFile;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>
/// Reads and writes audio files as tensors. WAV works everywhere (<see cref="AudioFile"/>). AIFF, FLAC, Ogg Vorbis, Opus and MP3 need libsndfile
/// (Debian and Ubuntu: <c>apt-get install libsndfile1</c>; macOS: <c>brew install libsndfile</c>; Windows: <c>sndfile.dll</c> next to the application), except that
/// Windows reads MP3, AAC, FLAC and WMA with Media Foundation, and MP3, and Ogg Vorbis with up to two channels, can be read on every system.
/// </summary>
public static class NAudioFile
{
    /// <summary>The default limit for the samples of a compressed file, of all channels together: 2^29, which is 1.7 hours of stereo at 44.1 kHz and 2 GiB.</summary>
    public const long DefaultMaxSamples = 1L << 29;

    /// <summary>Reads an audio file. The format is recognized by the contents, not by the name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxSamples">The largest number of samples, of all channels together. A compressed file can be thousands of times smaller than its samples in memory.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The file is damaged or cut off, contains NaN or infinity, is too long, or its format is unknown.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read, or the library that decodes its format is not installed.</exception>
    public static (Tensor Wav, int SampleRate) Read(string path, long maxSamples = DefaultMaxSamples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSamples, 1);
        return Read(path, new AudioReadOptions(), maxSamples);
    }

    /// <summary>Reads an audio file and converts it while it is decoded, so that memory depends on the result. The format is recognized by the contents, not by the name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The sample rate and the channels of the result, the limit (<see cref="DefaultMaxSamples"/> by default for compressed formats), and the logger.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and its sample rate in hertz.</returns>
    /// <exception cref="ArgumentException">A value of <paramref name="options"/> is out of range.</exception>
    /// <exception cref="AudioFormatException">The file is damaged or cut off, contains NaN or infinity, is too long, or its format is unknown.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read, or the library that decodes its format is not installed.</exception>
    public static (Tensor Wav, int SampleRate) Read(string path, AudioReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Read(path, options, options.MaxSamples ?? DefaultMaxSamples);
    }

    /// <summary>Reads an audio file from a stream, from its position to its end. The stream stays open.</summary>
    /// <param name="stream">A stream that cannot seek or is not at its beginning is first copied into memory.</param>
    /// <param name="maxSamples">The largest number of samples, of all channels together.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and the sample rate in hertz.</returns>
    /// <exception cref="ArgumentException">The stream cannot be read.</exception>
    /// <exception cref="AudioFormatException">The contents are damaged or cut off, contain NaN or infinity, are too long, or their format is unknown.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or the library that decodes the format is not installed.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream stream, long maxSamples = DefaultMaxSamples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSamples, 1);
        return Read(stream, new AudioReadOptions(), maxSamples);
    }

    /// <summary>Reads an audio file from a stream, from its position to its end, and converts it while it is decoded. The stream stays open.</summary>
    /// <param name="stream">A stream that cannot seek or is not at its beginning is first copied into memory.</param>
    /// <param name="options">The sample rate and the channels of the result, the limit (<see cref="DefaultMaxSamples"/> by default for compressed formats), and the logger.</param>
    /// <returns>[C, T] float32 on the CPU with full scale ±1, owned by the caller, and its sample rate in hertz.</returns>
    /// <exception cref="ArgumentException">The stream cannot be read, or a value of <paramref name="options"/> is out of range.</exception>
    /// <exception cref="AudioFormatException">The contents are damaged or cut off, contain NaN or infinity, are too long, or their format is unknown.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or the library that decodes the format is not installed.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream stream, AudioReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Read(stream, options, options.MaxSamples ?? DefaultMaxSamples);
    }

    /// <summary>Writes an audio file, complete or not at all: to a temporary file, which is then renamed. Missing directories are created.</summary>
    /// <param name="path">The file. An existing file is replaced.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz. Lossy formats support few sample rates (<see cref="SoundFormat"/>).</param>
    /// <param name="options">The level, and for lossless formats the sample format. By default as upstream: the peak at -1 dB, 16 bits.</param>
    /// <param name="format">The format; null takes it from the extension: .wav, .aiff, .aif, .flac, .ogg, .oga, .opus or .mp3.</param>
    /// <param name="quality">For lossy formats, 0 (smallest file) to 1 (best quality); null for the encoder's default.</param>
    /// <exception cref="ArgumentException">The tensor has another shape or type; a sample is NaN, infinite, or beyond ±1 after normalization and the format clips;
    /// the extension is unknown; the format does not support the sample rate, the channels, the sample format or a quality; or a value is out of range.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written, or libsndfile is not installed and the format is not WAV.</exception>
    public static void Write(
        string path, Tensor wav, int sampleRate, AudioWriteOptions? options = null, SoundFormat? format = null, double? quality = null)
    {
        var chosen = format ?? SoundFormats.FromExtension(path);
        SoundFormats.RequireQuality(chosen, quality);
        if (chosen == SoundFormat.Wav)
        {
            AudioFile.Write(path, wav, sampleRate, options);
            return;
        }

        using var encoded = Encode(wav, sampleRate, options ?? new AudioWriteOptions(), chosen, quality);
        AtomicFile.Write(path, encoded.CopyTo);
    }

    /// <summary>Writes an audio file at the position of a stream, front to back. The stream stays open.</summary>
    /// <param name="stream">A stream, which need not be seekable.</param>
    /// <param name="format">The format.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz. Lossy formats support few sample rates (<see cref="SoundFormat"/>).</param>
    /// <param name="options">The level, and for lossless formats the sample format. By default as upstream: the peak at -1 dB, 16 bits.</param>
    /// <param name="quality">For lossy formats, 0 (smallest file) to 1 (best quality); null for the encoder's default.</param>
    /// <exception cref="ArgumentException">As for the other overload, or the stream cannot be written.</exception>
    /// <exception cref="AudioCraftException">libsndfile is not installed and the format is not WAV.</exception>
    public static void Write(Stream stream, SoundFormat format, Tensor wav, int sampleRate, AudioWriteOptions? options = null, double? quality = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written.", nameof(stream));
        }

        SoundFormats.RequireQuality(format, quality);
        if (format == SoundFormat.Wav)
        {
            AudioFile.Write(stream, wav, sampleRate, options);
            return;
        }

        using var encoded = Encode(wav, sampleRate, options ?? new AudioWriteOptions(), format, quality);
        encoded.CopyTo(stream);
    }

    private static (Tensor Wav, int SampleRate) Read(string path, AudioReadOptions options, long maxDecoded)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(stream, $"'{path}'", options, maxDecoded);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    private static (Tensor Wav, int SampleRate) Read(Stream stream, AudioReadOptions options, long maxDecoded)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
        {
            throw new ArgumentException("The stream cannot be read.", nameof(stream));
        }

        try
        {
            return Read(stream, "The stream", options, maxDecoded);
        }
        catch (IOException error)
        {
            throw new AudioCraftException($"The stream cannot be read: {error.Message}", error);
        }
    }

    /// <param name="stream">The file.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="options">The conversion.</param>
    /// <param name="maxDecoded">The largest number of samples of the result of a compressed file.</param>
    private static (Tensor Wav, int SampleRate) Read(Stream stream, string name, AudioReadOptions options, long maxDecoded)
    {
        var source = SoundFileReader.AtBeginning(stream, name);
        var tag = WavTag.Read(source, out var isWav);
        source.Position = 0;
        if (isWav && (WavTag.IsBuiltIn(tag) || !NativeLibraries.HasSoundFile))
        {
            return AudioFile.Read(source, options with { SourceName = options.SourceName ?? name });
        }

        SoundFileReader reader;
        try
        {
            reader = new SoundFileReader(source, name, leaveOpen: true);
        }
        catch (AudioFormatException) when (isWav)
        {
            // The built-in reader's error names the encoding.
            source.Position = 0;
            return AudioFile.Read(source, options with { SourceName = options.SourceName ?? name });
        }

        using (reader)
        {
            return Decode(reader, name, options, maxDecoded);
        }
    }

    private static (Tensor Wav, int SampleRate) Decode(SoundFileReader reader, string name, AudioReadOptions options, long maxDecoded)
    {
        var (fileRate, fileChannels) = (reader.WaveFormat.SampleRate, reader.WaveFormat.Channels);
        var (rate, channels) = (options.SampleRate ?? fileRate, options.Channels ?? fileChannels);
        using var converter = options.CreateConverter(name, fileRate, fileChannels, reader.Layout);
        var expected = reader.Length / reader.WaveFormat.BlockAlign;
        if ((double)expected * rate / fileRate * channels > maxDecoded)
        {
            throw new AudioFormatException($"{name} states {expected} frames of {fileChannels} channels: as {channels} channels at {rate} Hz, these are more than {maxDecoded} samples, the limit of this call.");
        }

        var frame = 0L;
        var wav = ProviderExtensions.ReadAll(
            reader, maxDecoded, message => new AudioFormatException($"{name} {message}"), channels, block =>
            {
                RequireFinite(block, frame, name);
                frame += block.size(1);
                return converter?.Convert(block);
            }, () => converter?.Complete());
        if (reader.HasExactLength && frame < expected)
        {
            wav.Dispose();
            throw new AudioFormatException($"{name} was cut off: it has {frame} of {expected} frames; copy or download the file again.");
        }

        return (wav, rate);
    }

    private static void RequireFinite(Tensor block, long start, string name)
    {
        for (long channel = 0; channel < block.size(0); channel++)
        {
            var samples = Waveform.Samples(block, channel, 0, (int)block.size(1));
            if (Waveform.IndexOfNonFinite(samples) is var bad and >= 0)
            {
                throw new AudioFormatException($"{name} has the value {samples[bad]} at frame {start + bad} of channel {channel}, but finite samples were expected.");
            }
        }
    }

    /// <summary>Encodes into memory, so that nothing is written if the format or the samples are not supported.</summary>
    private static MemoryStream Encode(Tensor wav, int sampleRate, AudioWriteOptions options, SoundFormat format, double? quality)
    {
        _ = SoundFormats.ToNative(format, options.Format);
        using var samples = AudioNormalizer.Normalize(wav, sampleRate, options);
        if (!SoundFormats.IsFloat(format, options.Format) && AudioNormalizer.Peak(samples) is var peak and > 1)
        {
            throw new ArgumentException($"The peak is {peak}, but {format} stores at most 1: use another normalization than {options.Normalization}.", nameof(wav));
        }

        var encoded = new MemoryStream();
        try
        {
            var waveFormat = WaveFormat.CreateIeeeFloatWaveFormat(sampleRate, (int)samples.size(0));
            using (var writer = new SoundFileWriter(encoded, waveFormat, format, options.Format, quality, leaveOpen: true))
            {
                const int BlockFrames = 1 << 12;
                var frames = samples.size(1);
                var buffer = new float[BlockFrames * waveFormat.Channels];
                for (long start = 0; start < frames; start += BlockFrames)
                {
                    var block = buffer.AsSpan(0, (int)Math.Min(BlockFrames, frames - start) * waveFormat.Channels);
                    Interleaving.Interleave(samples, start, block);
                    writer.WriteSamples(block);
                }
            }

            encoded.Position = 0;
            return encoded;
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }
}
