using System.Runtime.ExceptionServices;
using AudioCraft.Audio;
using NAudio.Wave;

namespace AudioCraft.NAudio;

/// <summary>
/// The samples of a generation that is still running. Chunks are taken from the source on another thread until <see cref="LiveOptions.MaxBuffered"/> is buffered; then the source waits.
/// <para><see cref="Read"/> waits for the source and ends with its last sample: for files, effects and everything else that reads to the end.</para>
/// <para><see cref="Playback"/> provides the same samples without waiting, with silence where the source is too slow: for audio devices.</para>
/// All members can be used from any thread.
/// </summary>
public sealed class LiveSampleProvider : ISampleProvider, IDisposable, IAsyncDisposable
{
    /// <summary>The provider whose source runs in the current asynchronous flow: disposing it there must not wait for the source.</summary>
    private static readonly AsyncLocal<LiveSampleProvider?> Running = new();

    private readonly object sync = new();
    private readonly Queue<float[]> pieces = new();
    private readonly CancellationTokenSource stop;
    private readonly CancellationToken stopped;
    private readonly CancellationTokenRegistration wakeReaders;
    private readonly Task reading;
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long maxBuffered;
    private readonly long startThreshold;
    private int taken;
    private long buffered;
    private long played;
    private long silent;
    private int underruns;
    private bool isDisposed;
    private bool isPlaying;
    private bool ended;

    /// <summary>Whether the source ended by itself, with or without an error: what is buffered remains readable after a cancellation.</summary>
    private bool sourceEnded;
    private ExceptionDispatchInfo? failure;
    private TaskCompletionSource? room;

    /// <summary>Starts reading the source immediately.</summary>
    /// <param name="chunks">The chunks of one item in order, from <see cref="BaseGenModel.GenerateStreamingAsync(string, GenerationParams, double, IProgress{GenerationProgress}, CancellationToken)"/>
    /// or any other source. They are disposed here.</param>
    /// <param name="sampleRate">Their sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="channels">Their number of channels, 1 to 64.</param>
    /// <param name="options">How much is buffered.</param>
    /// <param name="cancellationToken">Stops the source and ends the provider. After the end of the source, <see cref="Read"/> still returns what is buffered.</param>
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
        maxBuffered = Math.Max(1, (long)(options.MaxBuffered.TotalSeconds * sampleRate)) * channels;
        startThreshold = Math.Min(maxBuffered, (long)(options.StartThreshold.TotalSeconds * sampleRate) * channels);
        Playback = new PlaybackProvider(this);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopped = stop.Token;
        wakeReaders = stopped.UnsafeRegister(static provider => ((LiveSampleProvider)provider!).Wake(), this);
        reading = Task.Run(() => ReadSourceAsync(chunks), CancellationToken.None);
    }

    /// <summary>32-bit IEEE float at the sample rate and with the channels of the source.</summary>
    public WaveFormat WaveFormat { get; }

    /// <summary>
    /// The samples for an audio device: reading never waits. While fewer than <see cref="LiveOptions.StartThreshold"/> are buffered, at the start and after an underrun, it returns silence.
    /// It ends (returns 0) after the last sample, and after cancellation or disposal. After an error of the source, the samples generated before it are returned first; then the
    /// exception is thrown. <see cref="AudioPlayback.PlayAsync"/> uses it; pass it to the <c>Init</c> of other players, directly or through effects.
    /// </summary>
    /// <remarks>It takes samples from the same buffer as <see cref="Read"/>: use one of the two.</remarks>
    public ISampleProvider Playback { get; }

    /// <summary>
    /// Completes when the source has ended (samples may still be buffered), fails with the exception of the source,
    /// and is canceled if the source was canceled or the provider was disposed before.
    /// </summary>
    public Task Completion => completion.Task;

    /// <summary>The length that is buffered.</summary>
    public TimeSpan Buffered => Time(ref buffered);

    /// <summary>The length that has been read, without silence.</summary>
    public TimeSpan Played => Time(ref played);

    /// <summary>The length of silence that <see cref="Playback"/> has returned, including the time before the first sample.</summary>
    public TimeSpan Silence => Time(ref silent);

    /// <summary>How often the buffer of <see cref="Playback"/> was empty between the first and the last sample.</summary>
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
    /// Reads whole frames of samples and waits until the source has generated them. After an error of the source, the samples generated before it are returned first; then the
    /// exception is thrown.
    /// </summary>
    /// <param name="buffer">Receives interleaved samples. A remainder smaller than a frame stays unchanged.</param>
    /// <returns>The number of samples, fewer than requested only at the end; 0 at the end.</returns>
    /// <exception cref="OperationCanceledException">The source was canceled before its end.</exception>
    /// <exception cref="ObjectDisposedException">The provider is disposed, possibly during this call.</exception>
    public int Read(Span<float> buffer)
    {
        buffer = WholeFrames(buffer);
        lock (sync)
        {
            var count = 0;
            while (true)
            {
                if (isDisposed || (stopped.IsCancellationRequested && !sourceEnded))
                {
                    ObjectDisposedException.ThrowIf(isDisposed, this);
                    throw new OperationCanceledException(stopped);
                }

                count += Take(buffer[count..]);
                if (count == buffer.Length || ended)
                {
                    break;
                }

                Monitor.Wait(sync);
            }

            if (count == 0 && buffer.Length > 0)
            {
                failure?.Throw();
            }

            return count;
        }
    }

    /// <summary>Stops the source and waits until it has stopped, except in a callback of the source, where it returns immediately.</summary>
    public void Dispose()
    {
        if (Stop())
        {
            if (!IsInsideSource)
            {
                reading.GetAwaiter().GetResult();
            }

            Release();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        if (Stop())
        {
            if (!IsInsideSource)
            {
                await reading.ConfigureAwait(false);
            }

            Release();
        }
    }

    /// <summary>Stops the source; false if it was stopped by an earlier call.</summary>
    private bool Stop()
    {
        lock (sync)
        {
            if (isDisposed)
            {
                return false;
            }

            isDisposed = true;
        }

        // Outside the lock: cancellation runs callbacks of the source.
        stop.Cancel();
        return true;
    }

    private bool IsInsideSource => ReferenceEquals(Running.Value, this);

    private void Release()
    {
        wakeReaders.Dispose();
        Clear();

        // In a callback of the source, the source still uses the token.
        _ = reading.ContinueWith(static (_, source) => ((CancellationTokenSource)source!).Dispose(), stop, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private int ReadWithoutWaiting(Span<float> buffer)
    {
        buffer = WholeFrames(buffer);
        lock (sync)
        {
            if (stopped.IsCancellationRequested)
            {
                return 0;
            }

            isPlaying = isPlaying || ended || buffered >= Math.Max(1, startThreshold);
            var count = isPlaying ? Take(buffer) : 0;
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

            if (isPlaying)
            {
                underruns++;
                isPlaying = false;
            }

            buffer[count..].Clear();
            silent += buffer.Length - count;
            return buffer.Length;
        }
    }

    private Span<float> WholeFrames(Span<float> buffer) => buffer[..(buffer.Length - (buffer.Length % WaveFormat.Channels))];

    private TimeSpan Time(ref long samples)
    {
        lock (sync)
        {
            return TimeSpan.FromSeconds((double)(samples / WaveFormat.Channels) / WaveFormat.SampleRate);
        }
    }

    private async Task ReadSourceAsync(IAsyncEnumerable<AudioChunk> chunks)
    {
        Running.Value = this;
        try
        {
            stopped.ThrowIfCancellationRequested();
            await foreach (var chunk in chunks.WithCancellation(stopped).ConfigureAwait(false))
            {
                await Add(Samples(chunk)).WaitAsync(stopped).ConfigureAwait(false);
            }

            End(null);
            completion.SetResult();
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            Clear();
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
    private Task Add(float[] samples)
    {
        lock (sync)
        {
            if (samples.Length > 0)
            {
                pieces.Enqueue(samples);
                buffered += samples.Length;
                Monitor.PulseAll(sync);
            }

            if (buffered < maxBuffered)
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

        buffered -= count;
        played += count;
        if (buffered < maxBuffered)
        {
            room?.TrySetResult();
        }

        return count;
    }

    private void End(ExceptionDispatchInfo? with)
    {
        lock (sync)
        {
            (ended, sourceEnded) = (true, true);
            failure = with;
            Monitor.PulseAll(sync);
        }
    }

    private void Clear()
    {
        lock (sync)
        {
            ended = true;
            failure = null;
            pieces.Clear();
            (buffered, taken) = (0, 0);
            Monitor.PulseAll(sync);
        }
    }

    private void Wake()
    {
        lock (sync)
        {
            Monitor.PulseAll(sync);
        }
    }

    private sealed class PlaybackProvider(LiveSampleProvider live) : ISampleProvider
    {
        public WaveFormat WaveFormat => live.WaveFormat;

        public int Read(Span<float> buffer) => live.ReadWithoutWaiting(buffer);
    }
}
