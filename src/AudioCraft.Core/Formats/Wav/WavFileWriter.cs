using AudioCraft.Audio;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Writes a WAV file in chunks, for audio that is longer than memory or not complete yet, such as the chunks of
/// <see cref="BaseGenModel.GenerateStreamingAsync(string, GenerationParams, double, IProgress{GenerationProgress}, CancellationToken)"/>.
/// <see cref="Dispose"/> writes the sizes into the header: RF64 if they exceed 4 GiB. Streams that cannot seek, such as pipes, get the sizes of a stream (0xFFFFFFFF), which
/// <see cref="AudioFile"/>, ffmpeg and others read to the end. So does a file whose writer was not disposed. Calls from several threads are processed one after another.
/// </summary>
/// <example>
/// <code>
/// using var writer = new WavFileWriter("rain.wav", gen.SampleRate, gen.AudioChannels);
/// await foreach (var chunk in gen.GenerateStreamingAsync("heavy rain"))
/// {
///     using (chunk)
///     {
///         writer.Write(chunk.Audio);
///     }
/// }
/// </code>
/// </example>
public sealed class WavFileWriter : IDisposable
{
    private const int BlockBytes = 1 << 18;

    private readonly Lock sync = new();
    private readonly Stream stream;
    private readonly bool leaveOpen;
    private readonly WavFormat format;
    private readonly double scale;
    private readonly float largest;
    private readonly byte[] buffer;

    /// <summary>The position of the header; null if the stream cannot seek.</summary>
    private readonly long? start;
    private bool isDisposed;

    /// <summary>Creates a file. Missing directories are created; an existing file is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sampleRate">The sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="channels">The number of channels, 1 to 64.</param>
    /// <param name="format">The sample format: every format except A-law and µ-law.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public WavFileWriter(string path, int sampleRate, int channels = 1, AudioSampleFormat format = AudioSampleFormat.Pcm16)
        : this(Create(path, Checked(sampleRate, channels, format)), Checked(sampleRate, channels, format), leaveOpen: false)
    {
    }

    /// <summary>Starts a file at the position of a stream.</summary>
    /// <param name="stream">A file, memory, or a pipe.</param>
    /// <param name="sampleRate">The sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="channels">The number of channels, 1 to 64.</param>
    /// <param name="format">The sample format: every format except A-law and µ-law.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the writer is disposed.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the stream is not writable.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    public WavFileWriter(Stream stream, int sampleRate, int channels = 1, AudioSampleFormat format = AudioSampleFormat.Pcm16, bool leaveOpen = false)
        : this(Writable(stream), Checked(sampleRate, channels, format), leaveOpen)
    {
    }

    private WavFileWriter(Stream stream, WavFormat format, bool leaveOpen)
    {
        (this.stream, this.format, this.leaveOpen) = (stream, format, leaveOpen);
        scale = SampleEncoder.Scale(format.Encoding, 0);

        // Integers: the highest is one less than the magnitude of the lowest.
        largest = SampleEncoder.IsInteger(format.Encoding) ? (float)((scale - 1) / scale) : float.MaxValue;
        buffer = new byte[BlockBytes - (BlockBytes % format.BytesPerFrame)];
        start = stream.CanSeek ? stream.Position : null;
        Try(() => stream.Write(WavWriter.StreamingHeader(format, hasRoom: start is not null)));
    }

    /// <summary>The sample rate in hertz.</summary>
    public int SampleRate => format.SampleRate;

    /// <summary>The number of channels.</summary>
    public int Channels => format.Channels;

    /// <summary>The number of samples per channel that were written.</summary>
    public long Frames { get; private set; }

    /// <summary>The duration that was written.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Frames / SampleRate);

    /// <summary>Appends audio. Integer formats clip samples beyond ±1.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, finite. It is not changed.</param>
    /// <exception cref="ArgumentException">The audio has another shape, type or number of channels, or a sample is NaN or infinite.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public void Write(Tensor wav)
    {
        using var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        if (plain.size(0) != Channels)
        {
            throw new ArgumentException($"The audio has shape [{string.Join(", ", wav.shape)}], but {Channels} channels were expected.", nameof(wav));
        }

        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            Span<float> clipped = new float[buffer.Length / format.BytesPerFrame];
            for (long frame = 0, frames = plain.size(1); frame < frames;)
            {
                var count = (int)Math.Min(frames - frame, clipped.Length);
                for (var channel = 0; channel < Channels; channel++)
                {
                    Waveform.Samples(plain, channel, frame, count).CopyTo(clipped);
                    Encode(clipped[..count], channel);
                }

                Flush(count);
                frame += count;
            }
        }
    }

    /// <summary>Appends interleaved samples. Integer formats clip samples beyond ±1.</summary>
    /// <param name="samples">Whole frames, full scale ±1, finite.</param>
    /// <exception cref="ArgumentException">The number of samples is not a multiple of the channels, or a sample is NaN or infinite.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    public void Write(ReadOnlySpan<float> samples)
    {
        if (samples.Length % Channels != 0)
        {
            throw new ArgumentException($"There are {samples.Length} samples, but a multiple of {Channels} channels was expected.", nameof(samples));
        }

        if (Waveform.IndexOfNonFinite(samples) is var bad and >= 0)
        {
            throw new ArgumentException($"Sample {bad / Channels} of channel {bad % Channels} is {samples[bad]}, but finite values were expected.", nameof(samples));
        }

        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            Span<float> plain = new float[Math.Min(samples.Length / Channels, buffer.Length / format.BytesPerFrame)];
            while (!samples.IsEmpty)
            {
                var count = Math.Min(samples.Length / Channels, plain.Length);
                for (var channel = 0; channel < Channels; channel++)
                {
                    for (var i = 0; i < count; i++)
                    {
                        plain[i] = samples[(i * Channels) + channel];
                    }

                    Encode(plain[..count], channel);
                }

                Flush(count);
                samples = samples[(count * Channels)..];
            }
        }
    }

    /// <summary>Completes the header and closes the file.</summary>
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
                Try(Complete);
            }
            finally
            {
                if (!leaveOpen)
                {
                    Try(stream.Dispose);
                }
            }
        }
    }

    private void Complete()
    {
        if (start is not { } position)
        {
            stream.Flush();
            return;
        }

        if ((Frames * format.BytesPerFrame & 1) != 0)
        {
            stream.WriteByte(0);
        }

        var end = stream.Position;
        stream.Position = position;
        stream.Write(WavWriter.Header(format, Frames, hasRoom: true));
        stream.Position = end;
        stream.Flush();
    }

    private void Encode(Span<float> samples, int channel)
    {
        foreach (ref var sample in samples)
        {
            sample = Math.Clamp(sample, -Math.Max(largest, 1), largest);
        }

        SampleEncoder.Encode(samples, format, channel, scale, buffer.AsSpan(0, samples.Length * format.BytesPerFrame));
    }

    private void Flush(int frames)
    {
        Try(() => stream.Write(buffer, 0, frames * format.BytesPerFrame));
        Frames += frames;
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"The WAV file cannot be written: {error.Message}", error);
        }
    }

    private static WavFormat Checked(int sampleRate, int channels, AudioSampleFormat format)
    {
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        Waveform.RequireChannels(channels, nameof(channels));
        return Enum.IsDefined(format) && format is not (AudioSampleFormat.ALaw or AudioSampleFormat.MuLaw)
            ? new WavFormat(format, channels, sampleRate)
            : throw new ArgumentException($"The format is {format}, but one that can be written was expected: not A-law or µ-law.", nameof(format));
    }

    private static Stream Writable(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanWrite ? stream : throw new ArgumentException("The stream is not writable.", nameof(stream));
    }

    private static FileStream Create(string path, WavFormat format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(format);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be written: {error.Message}", error);
        }
    }
}
