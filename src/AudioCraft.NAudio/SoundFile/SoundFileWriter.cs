using AudioCraft.Audio;
using NAudio.Wave;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>
/// Writes 32-bit float samples to an audio file with libsndfile: WAV, AIFF, FLAC, Ogg Vorbis, Opus or MP3.
/// The file is complete after <see cref="Dispose"/>; without samples it is the shortest valid one (Opus and MP3 then have a block of silence). Calls from several threads are processed one after another.
/// </summary>
public sealed class SoundFileWriter : IDisposable
{
    /// <summary>libvorbis copies each block to its stack.</summary>
    private const int BlockFrames = 1 << 11;

    private readonly Lock sync = new();
    private readonly NativeSoundFile file;
    private readonly SoundFormat format;
    private readonly int[]? order;
    private readonly float[] reordered;
    private readonly Stream? owned;
    private bool isDisposed;

    /// <summary>Creates a file. An existing file is replaced.</summary>
    /// <param name="path">The file. Its directory must exist.</param>
    /// <param name="waveFormat">The sample rate and the channels; 32-bit IEEE float.</param>
    /// <param name="format">The file format; null takes it from the extension: .wav, .aiff, .aif, .flac, .ogg, .oga, .opus or .mp3.</param>
    /// <param name="samples">How a lossless format stores a sample. Lossy formats ignore it.</param>
    /// <param name="quality">For lossy formats, 0 (smallest file) to 1 (best quality); null for the encoder's default.</param>
    /// <exception cref="ArgumentException">The wave format is not 32-bit float, the extension is unknown, or the file format does not support the sample rate,
    /// the channels, the sample format or a quality.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written, or libsndfile is not installed.</exception>
    public SoundFileWriter(
        string path, WaveFormat waveFormat, SoundFormat? format = null, AudioSampleFormat samples = AudioSampleFormat.Pcm16, double? quality = null)
        : this(null, path, waveFormat, format ?? SoundFormats.FromExtension(path), samples, quality)
    {
    }

    /// <summary>Starts writing at the position of a stream.</summary>
    /// <param name="stream">The stream. WAV and AIFF need a seekable stream at its beginning; the other formats are written front to back.</param>
    /// <param name="waveFormat">The sample rate and the channels; 32-bit IEEE float.</param>
    /// <param name="format">The file format.</param>
    /// <param name="samples">How a lossless format stores a sample. Lossy formats ignore it.</param>
    /// <param name="quality">For lossy formats, 0 (smallest file) to 1 (best quality); null for the encoder's default.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the writer is disposed.</param>
    /// <exception cref="ArgumentException">The stream cannot be written, the wave format is not 32-bit float, or the file format does not support the sample rate,
    /// the channels, the sample format or a quality.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or libsndfile is not installed.</exception>
    public SoundFileWriter(
        Stream stream, WaveFormat waveFormat, SoundFormat format, AudioSampleFormat samples = AudioSampleFormat.Pcm16, double? quality = null, bool leaveOpen = false)
        : this(RequireWritable(stream, format), null, waveFormat, format, samples, quality) => owned = leaveOpen ? null : stream;

    private SoundFileWriter(Stream? stream, string? path, WaveFormat waveFormat, SoundFormat format, AudioSampleFormat samples, double? quality)
    {
        ArgumentNullException.ThrowIfNull(waveFormat);
        if (waveFormat.Encoding != WaveFormatEncoding.IeeeFloat || waveFormat.BitsPerSample != 32)
        {
            throw new ArgumentException($"The wave format is {waveFormat}, but 32-bit IEEE float was expected.", nameof(waveFormat));
        }

        if (waveFormat.Channels > Waveform.MaxChannels || waveFormat.SampleRate > Waveform.MaxSampleRate)
        {
            throw new ArgumentException(
                $"The wave format has {waveFormat.Channels} channels at {waveFormat.SampleRate} Hz, but at most {Waveform.MaxChannels} channels at {Waveform.MaxSampleRate} Hz were expected.", nameof(waveFormat));
        }

        SoundFormats.RequireQuality(format, quality);
        var info = new LibSndFile.Info { SampleRate = waveFormat.SampleRate, Channels = waveFormat.Channels, Format = SoundFormats.ToNative(format, samples) };
        if (!NativeLibraries.HasSoundFile)
        {
            throw NativeLibraries.SoundFileMissing($"Writing {format}");
        }

        if (LibSndFile.CheckFormat(ref info) == 0 || (format == SoundFormat.Opus && info.SampleRate is not (8000 or 12000 or 16000 or 24000 or 48000)))
        {
            throw Unsupported();
        }

        WaveFormat = waveFormat;
        this.format = format;
        order = format is SoundFormat.OggVorbis or SoundFormat.Opus ? ChannelOrder.ToVorbis(waveFormat.Channels) : null;
        reordered = order is null ? [] : new float[BlockFrames * waveFormat.Channels];
        var target = stream ?? Create(path!);
        try
        {
            file = new NativeSoundFile(target, path is null ? "The stream" : $"'{path}'", LibSndFile.Write, ref info);
            file.Clip();
            if (quality is { } value)
            {
                file.SetQuality(value);
            }
        }
        catch (Exception error)
        {
            file?.Dispose();
            if (path is not null)
            {
                target.Dispose();
                File.Delete(path);
            }

            if (error is ArgumentException)
            {
                throw Unsupported(error);
            }

            throw;
        }

        owned = path is null ? null : target;

        // The inner exception has libsndfile's text.
        ArgumentException Unsupported(Exception? error = null) => new(
            $"{format} with {waveFormat.Channels} channels at {waveFormat.SampleRate} Hz cannot be written by the installed libsndfile.", nameof(format), error);
    }

    /// <summary>32-bit IEEE float at the sample rate and with the channels of the file.</summary>
    public WaveFormat WaveFormat { get; }

    /// <summary>The samples written so far, of all channels together.</summary>
    public long SampleCount { get; private set; }

    /// <summary>Appends interleaved samples, with the channels in the order of WAV files. For integer and lossy formats, samples beyond ±1 are clipped.</summary>
    /// <param name="samples">Whole frames, full scale ±1.</param>
    /// <exception cref="ArgumentException">The number of samples is not a multiple of the channels, or a sample is NaN or infinite.</exception>
    /// <exception cref="AudioCraftException">The stream or the encoder fails.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public void WriteSamples(ReadOnlySpan<float> samples)
    {
        var channels = WaveFormat.Channels;
        if (samples.Length % channels != 0)
        {
            throw new ArgumentException($"There are {samples.Length} samples, but a multiple of {channels} channels was expected.", nameof(samples));
        }

        // The MP3 encoder terminates the process on NaN or infinity.
        for (var i = 0; i < samples.Length; i++)
        {
            if (!float.IsFinite(samples[i]))
            {
                throw new ArgumentException($"Sample {i / channels} of channel {i % channels} is {samples[i]}, but a finite number was expected.", nameof(samples));
            }
        }

        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            while (!samples.IsEmpty)
            {
                var frames = Math.Min(BlockFrames, samples.Length / channels);
                file.WriteFrames(Ordered(samples[..(frames * channels)]), frames);
                samples = samples[(frames * channels)..];
                SampleCount += frames * channels;
            }
        }
    }

    /// <summary>Writes the rest of the encoder's output and closes the file.</summary>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    public void Dispose()
    {
        lock (sync)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            try
            {
                try
                {
                    CompleteEmpty();
                }
                finally
                {
                    file.Dispose();
                }
            }
            finally
            {
                Close();
            }
        }
    }

    /// <summary>The samples with the channels in the order of the file.</summary>
    private ReadOnlySpan<float> Ordered(ReadOnlySpan<float> block)
    {
        if (order is null)
        {
            return block;
        }

        var copy = reordered.AsSpan(0, block.Length);
        block.CopyTo(copy);
        ChannelOrder.Apply(order, copy);
        return copy;
    }

    /// <summary>libsndfile writes no file of these formats before the first sample.</summary>
    private void CompleteEmpty()
    {
        if (SampleCount == 0 && format == SoundFormat.Flac)
        {
            file.WriteHeader();
        }
        else if (SampleCount == 0 && format is (SoundFormat.Opus or SoundFormat.Mp3))
        {
            file.WriteFrames(new float[WaveFormat.Channels], 1);
        }
    }

    private void Close()
    {
        try
        {
            owned?.Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"The file cannot be completed: {error.Message}", error);
        }
    }

    private static Stream RequireWritable(Stream stream, SoundFormat format)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written.", nameof(stream));
        }

        return format is SoundFormat.Wav or SoundFormat.Aiff && !(stream.CanSeek && stream.Position == 0)
            ? throw new ArgumentException($"{format} requires a seekable stream at its beginning.", nameof(stream))
            : stream;
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be written: {error.Message}", error);
        }
    }
}
