using System.Runtime.ExceptionServices;
using AudioCraft.Audio;
using NAudio.Wave;

namespace AudioCraft.NAudio;

/// <summary>
/// Plays audio while it is generated. Chunks are taken from the source on another thread until <see cref="LiveOptions.Ahead"/> is buffered; then the source waits.
/// If the source is too slow, the provider returns silence until <see cref="LiveOptions.BeforeStart"/> is buffered again.
/// All members can be used from any thread.
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

    /// <summary>Starts reading the source immediately.</summary>
    /// <param name="chunks">The chunks of one item in order, from <see cref="BaseGenModel.GenerateStreamingAsync(string, GenerationParams, double, IProgress{GenerationProgress}, CancellationToken)"/>
    /// or any other source. They are disposed here.</param>
    /// <param name="sampleRate">Their sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="channels">Their number of channels, 1 to 64.</param>
    /// <param name="options">How much is buffered.</param>
    /// <param name="cancellationToken">Stops the source and ends the provider.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public LiveSampleProvider(
        IAsyncEnumerable<AudioChunk> chunks, int sampleRate, int channels, LiveOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        Waveform.RequireChannels(channels, nameof(channels));

        options ??= new LiveOptions();
        options.Validate(nameof(options));
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(sampleRate, channels);
        most = Math.Max(1, (long)(options.Ahead.TotalSeconds * sampleRate)) * channels;
        first = Math.Min(most, (long)(options.BeforeStart.TotalSeconds * sampleRate) * channels);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopped = stop.Token;
        pulling = Task.Run(() => PullAsync(chunks), CancellationToken.None);
    }

    /// <summary>32-bit IEEE float at the sample rate and with the channels of the source.</summary>
    public WaveFormat WaveFormat { get; }

    /// <summary>
    /// Completes when the source has ended (samples may still be buffered), fails with the exception of the source,
    /// and is canceled if the source was canceled or the provider was disposed before.
    /// </summary>
    public Task Completion => completion.Task;

    /// <summary>The length that is buffered.</summary>
    public TimeSpan Waiting => Time(ref waiting);

    /// <summary>The length that has been read, without silence.</summary>
    public TimeSpan Heard => Time(ref heard);

    /// <summary>The length of silence that has been read, including the time before the first sample.</summary>
    public TimeSpan Silence => Time(ref silent);

    /// <summary>How often the buffer was empty between the first and the last sample.</summary>
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
    /// Reads whole frames of samples, or of silence while too few are buffered. It never blocks.
    /// After an error of the source, the samples generated before it are returned first; then the exception is thrown.
    /// </summary>
    /// <param name="buffer">Receives interleaved samples. A remainder smaller than a frame stays unchanged.</param>
    /// <returns>The number of samples, fewer than requested only at the end; 0 at the end.</returns>
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

    /// <summary>Stops the source and waits until it has stopped. Later reads return 0.</summary>
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
            // Read throws it, and so does awaiting Completion. Reading the exception here marks it as observed.
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
                throw new InvalidOperationException($"A chunk belongs to item {chunk.Item}, but chunks of a single item were expected: stream one description.");
            }

            using var plain = Waveform.ToChannelsTime(chunk.Audio, nameof(chunk));
            if (plain.size(0) != WaveFormat.Channels)
            {
                throw new InvalidOperationException($"A chunk has {plain.size(0)} channels, but {WaveFormat.Channels} were expected.");
            }

            var samples = new float[plain.numel()];
            Interleaving.Interleave(plain, 0, samples);
            return samples;
        }
    }

    /// <summary>Buffers samples. The task completes when there is room for more.</summary>
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
