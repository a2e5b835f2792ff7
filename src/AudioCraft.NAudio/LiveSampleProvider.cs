using System.Runtime.ExceptionServices;
using AudioCraft.Audio;
using NAudio.Wave;

namespace AudioCraft.NAudio;

/// <summary>
/// Sound that plays while it is made. Pieces are taken from their source on another thread, and no more than <see cref="LiveOptions.Ahead"/> is kept waiting:
/// then the source waits too. Where it is not made fast enough, silence is heard until <see cref="LiveOptions.BeforeStart"/> is there again.
/// Any thread may read; a device's does.
/// </summary>
public sealed class LiveSampleProvider : ISampleProvider, IDisposable, IAsyncDisposable
{
    private readonly object sync = new();
    private readonly Queue<float[]> pieces = new();
    private readonly CancellationTokenSource stop;
    private readonly CancellationToken stopped;
    private readonly Task pulling;
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long most;
    private readonly long first;
    private int taken;
    private long waiting;
    private long heard;
    private long silent;
    private int underruns;
    private int disposed;
    private bool flowing;
    private bool ended;
    private ExceptionDispatchInfo? failure;
    private TaskCompletionSource? room;

    /// <summary>Begins to take pieces at once.</summary>
    /// <param name="chunks">Pieces of one sound in order, of <see cref="BaseGenModel.GenerateStreamingAsync(string, double, IProgress{GenerationProgress}, CancellationToken)"/>
    /// or of any other source. They are disposed of here.</param>
    /// <param name="sampleRate">Their rate in hertz, 1 to 1,000,000.</param>
    /// <param name="channels">Their channels, 1 to 64.</param>
    /// <param name="options">How far to keep ahead.</param>
    /// <param name="cancellationToken">Ends the sound and its making.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public LiveSampleProvider(
        IAsyncEnumerable<AudioChunk> chunks, int sampleRate, int channels, LiveOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        if (channels is < 1 or > WavFormat.MaxChannels)
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, $"There are {channels} channels, but 1 to {WavFormat.MaxChannels} were expected.");
        }

        options ??= new LiveOptions();
        options.Validate(nameof(options));
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(sampleRate, channels);
        most = Math.Max(1, (long)(options.Ahead.TotalSeconds * sampleRate)) * channels;
        first = Math.Min(most, (long)(options.BeforeStart.TotalSeconds * sampleRate) * channels);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopped = stop.Token;
        pulling = Task.Run(() => PullAsync(chunks), CancellationToken.None);
    }

    /// <summary>32-bit floats at the rate and with the channels of the sound.</summary>
    public WaveFormat WaveFormat { get; }

    /// <summary>
    /// Ends when all pieces have been made (they may still be waiting to be heard), fails with what their making failed with,
    /// and is cancelled when that was cancelled or this was disposed of before.
    /// </summary>
    public Task Completion => completion.Task;

    /// <summary>Sound that waits to be heard.</summary>
    public TimeSpan Waiting => Time(ref waiting);

    /// <summary>Sound that has been read.</summary>
    public TimeSpan Heard => Time(ref heard);

    /// <summary>Silence that has been read instead, the time before the first sound included.</summary>
    public TimeSpan Silence => Time(ref silent);

    /// <summary>How often it ran dry after it had begun, and before its end.</summary>
    public int Underruns
    {
        get
        {
            lock (sync)
            {
                return underruns;
            }
        }
    }

    /// <summary>
    /// Whole frames of sound, or of silence where there is none yet: the buffer is filled but at the end, and 0 is the end.
    /// It never waits. When the making failed, what had been made is heard, and then the exception is thrown.
    /// </summary>
    /// <param name="buffer">Interleaved samples; a part of a frame at its end is left as it is.</param>
    public int Read(Span<float> buffer)
    {
        buffer = buffer[..(buffer.Length - (buffer.Length % WaveFormat.Channels))];
        lock (sync)
        {
            if (stopped.IsCancellationRequested)
            {
                return 0;
            }

            flowing = flowing || ended || waiting >= Math.Max(1, first);
            var count = flowing ? Take(buffer) : 0;
            if (count == buffer.Length)
            {
                return count;
            }

            if (ended)
            {
                if (count == 0)
                {
                    failure?.Throw();
                }

                return count;
            }

            if (flowing)
            {
                underruns++;
                flowing = false;
            }

            buffer[count..].Clear();
            silent += buffer.Length - count;
            return buffer.Length;
        }
    }

    /// <summary>Ends the sound and its making, and waits until the latter has ended. A player that still reads gets 0.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            stop.Cancel();
            pulling.GetAwaiter().GetResult();
            Forget();
            stop.Dispose();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pulling.ConfigureAwait(false);
            Forget();
            stop.Dispose();
        }
    }

    private TimeSpan Time(ref long samples)
    {
        lock (sync)
        {
            return TimeSpan.FromSeconds((double)(samples / WaveFormat.Channels) / WaveFormat.SampleRate);
        }
    }

    private async Task PullAsync(IAsyncEnumerable<AudioChunk> chunks)
    {
        try
        {
            stopped.ThrowIfCancellationRequested();
            await foreach (var chunk in chunks.WithCancellation(stopped).ConfigureAwait(false))
            {
                await Give(Samples(chunk)).WaitAsync(stopped).ConfigureAwait(false);
            }

            End(null);
            completion.SetResult();
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            Forget();
            completion.SetCanceled(stopped);
        }
        catch (Exception error)
        {
            // It is thrown by Read, on the thread that listens, and by whoever awaits Completion.
            End(ExceptionDispatchInfo.Capture(error));
            completion.SetException(error);
            _ = completion.Task.Exception;
        }
    }

    private float[] Samples(AudioChunk chunk)
    {
        using (chunk)
        {
            if (chunk.Item != 0)
            {
                throw new InvalidOperationException($"A piece is of item {chunk.Item}, but the pieces of one sound were expected: stream one description.");
            }

            using var plain = Waveform.ToChannelsTime(chunk.Audio, nameof(chunk));
            if (plain.size(0) != WaveFormat.Channels)
            {
                throw new InvalidOperationException($"A piece has {plain.size(0)} channels, but {WaveFormat.Channels} were expected.");
            }

            var samples = new float[plain.numel()];
            Interleaving.Interleave(plain, 0, samples);
            return samples;
        }
    }

    /// <summary>The task ends when there is room for more.</summary>
    private Task Give(float[] samples)
    {
        lock (sync)
        {
            if (samples.Length > 0)
            {
                pieces.Enqueue(samples);
                waiting += samples.Length;
            }

            if (waiting < most)
            {
                return Task.CompletedTask;
            }

            room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task;
        }
    }

    private int Take(Span<float> buffer)
    {
        var count = 0;
        while (count < buffer.Length && pieces.TryPeek(out var piece))
        {
            var part = piece.AsSpan(taken, Math.Min(piece.Length - taken, buffer.Length - count));
            part.CopyTo(buffer[count..]);
            count += part.Length;
            taken += part.Length;
            if (taken == piece.Length)
            {
                pieces.Dequeue();
                taken = 0;
            }
        }

        waiting -= count;
        heard += count;
        if (waiting < most)
        {
            room?.TrySetResult();
        }

        return count;
    }

    private void End(ExceptionDispatchInfo? with)
    {
        lock (sync)
        {
            ended = true;
            failure = with;
        }
    }

    private void Forget()
    {
        lock (sync)
        {
            ended = true;
            failure = null;
            pieces.Clear();
            (waiting, taken) = (0, 0);
        }
    }
}
