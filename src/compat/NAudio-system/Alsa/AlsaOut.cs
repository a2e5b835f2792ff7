using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NAudio.Wave.Alsa;

/// <summary>
/// Plays through ALSA, on a thread of its own that waits in libasound for the device. Drop, which libasound allows from another thread,
/// wakes it; the device is closed only when that thread has ended.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class AlsaOut : IWavePlayer, IWaveLatency
{
    private const uint LatencyMicroseconds = 100_000;
    private const int PeriodFrames = 1024;

    private readonly object sync = new();
    private nint device;
    private ISampleProvider? source;
    private WaveFormat? output;
    private Thread? worker;
    private PlaybackState state = PlaybackState.Stopped;
    private int interruptions;

    public AlsaOut() : this("default") { }

    public AlsaOut(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        AlsaException.ThrowIfError(LibAsound.Open(out this.device, device, LibAsound.Playback, 0), "snd_pcm_open");
    }

    public event EventHandler<StoppedEventArgs>? PlaybackStopped;

    public float Volume { get; set; } = 1;

    public PlaybackState PlaybackState
    {
        get
        {
            lock (sync)
            {
                return state;
            }
        }
    }

    public WaveFormat OutputWaveFormat => output ?? throw new InvalidOperationException("Init comes first.");

    public TimeSpan AverageLatency => TimeSpan.FromMicroseconds(LatencyMicroseconds);

    public TimeSpan CurrentLatency
    {
        get
        {
            lock (sync)
            {
                return state == PlaybackState.Playing && output is { } format && LibAsound.Delay(device, out var frames) >= 0 && frames >= 0
                    ? TimeSpan.FromSeconds((double)frames / format.SampleRate)
                    : AverageLatency;
            }
        }
    }

    public void Init(IWaveProvider waveProvider)
    {
        ArgumentNullException.ThrowIfNull(waveProvider);
        ObjectDisposedException.ThrowIf(device == 0, this);
        if (source is not null)
        {
            throw new InvalidOperationException("The player has its source already.");
        }

        var samples = waveProvider.ToSampleProvider();
        var (rate, channels) = (samples.WaveFormat.SampleRate, samples.WaveFormat.Channels);
        var isFloat = SetParameters(LibAsound.Float) >= 0;
        if (!isFloat)
        {
            AlsaException.ThrowIfError(SetParameters(LibAsound.Integer16), "snd_pcm_set_params");
        }

        output = isFloat ? WaveFormat.CreateIeeeFloatWaveFormat(rate, channels) : new WaveFormat(rate, 16, channels);
        source = samples;

        int SetParameters(int format) =>
            LibAsound.SetParameters(device, format, LibAsound.Interleaved, (uint)channels, (uint)rate, 1, LatencyMicroseconds);
    }

    public void Play()
    {
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(device == 0, this);
            if (source is null)
            {
                throw new InvalidOperationException("Init comes before Play.");
            }

            if (state == PlaybackState.Paused)
            {
                AlsaException.ThrowIfError(LibAsound.Prepare(device), "snd_pcm_prepare");
                SetState(PlaybackState.Playing);
                return;
            }

            if (state == PlaybackState.Stopped)
            {
                // A thread of an earlier Play may still be on its way out.
                var earlier = worker;
                AlsaException.ThrowIfError(LibAsound.Prepare(device), "snd_pcm_prepare");
                SetState(PlaybackState.Playing);
                worker = new Thread(() => Run(earlier)) { IsBackground = true, Name = "ALSA playback" };
                worker.Start();
            }
        }
    }

    public void Pause()
    {
        lock (sync)
        {
            if (state == PlaybackState.Playing)
            {
                SetState(PlaybackState.Paused);
                interruptions++;
                _ = LibAsound.Drop(device);
            }
        }
    }

    public void Stop()
    {
        Thread? running;
        lock (sync)
        {
            running = worker;
            if (state != PlaybackState.Stopped)
            {
                SetState(PlaybackState.Stopped);
                _ = LibAsound.Drop(device);
            }
        }

        // A handler of PlaybackStopped runs on that thread, and may stop or dispose.
        if (running is not null && running != Thread.CurrentThread)
        {
            running.Join();
        }
    }

    public void Dispose()
    {
        if (device == 0)
        {
            return;
        }

        Stop();
        lock (sync)
        {
            if (device != 0)
            {
                _ = LibAsound.Close(device);
                device = 0;
            }
        }
    }

    private void SetState(PlaybackState value)
    {
        state = value;
        Monitor.PulseAll(sync);
    }

    private void Run(Thread? earlier)
    {
        Exception? error = null;
        try
        {
            earlier?.Join();
            var samples = new float[PeriodFrames * output!.Channels];
            while (MayPlay())
            {
                var count = source!.Read(samples);
                if (count == 0)
                {
                    // Not under the lock: draining waits until all has been heard, and Stop must be able to drop the rest.
                    _ = LibAsound.Drain(device);
                    break;
                }

                Play(samples.AsSpan(0, count));
            }
        }
        catch (Exception failure)
        {
            // Whatever the source or the device throws belongs to whoever listens to PlaybackStopped.
            error = failure;
        }

        lock (sync)
        {
            SetState(PlaybackState.Stopped);
        }

        PlaybackStopped?.Invoke(this, new StoppedEventArgs(error));
    }

    /// <summary>Waits while it is paused; false when it was stopped.</summary>
    private bool MayPlay()
    {
        lock (sync)
        {
            while (state == PlaybackState.Paused)
            {
                Monitor.Wait(sync);
            }

            return state == PlaybackState.Playing;
        }
    }

    private void Play(Span<float> samples)
    {
        if (Volume is not 1f and var volume)
        {
            foreach (ref var sample in samples)
            {
                sample *= volume;
            }
        }

        var bytes = output!.BitsPerSample == 32 ? MemoryMarshal.AsBytes(samples) : Integers(samples);
        while (bytes.Length > 0 && MayPlay())
        {
            var before = Volatile.Read(ref interruptions);
            var written = LibAsound.Write(device, bytes, (nuint)(bytes.Length / output.BlockAlign));
            if (written < 0)
            {
                // Pausing drops what the device has, which ends a write with an error that is none.
                if (MayPlay() && before == Volatile.Read(ref interruptions))
                {
                    AlsaException.ThrowIfError(LibAsound.Recover(device, (int)written, 1), "snd_pcm_writei");
                }

                continue;
            }

            bytes = bytes[((int)written * output.BlockAlign)..];
        }
    }

    private static Span<byte> Integers(ReadOnlySpan<float> samples)
    {
        var integers = new short[samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            integers[i] = (short)Math.Round(Math.Clamp(samples[i], -1f, 1f) * short.MaxValue);
        }

        return MemoryMarshal.AsBytes(integers.AsSpan());
    }
}
