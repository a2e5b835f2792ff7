using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NAudio.Wave;

namespace AudioCraft.NAudio.Alsa;

/// <summary>Plays through ALSA on Linux. Requires libasound (Debian and Ubuntu: <c>apt-get install libasound2</c>).</summary>
/// <remarks>
/// The source is read on a background thread, which also raises <see cref="PlaybackStopped"/>. An exception of the source or the device ends playback and is
/// passed to that event. All members can be called from any thread; handlers of <see cref="PlaybackStopped"/> may call <see cref="Stop"/>,
/// <see cref="Play"/> and <see cref="Dispose"/>.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class AlsaOut : IWavePlayer, IWaveLatency
{
    private const int PeriodFrames = 1024;

    private readonly object sync = new();
    private readonly int latencyMilliseconds;
    private nint device;
    private ISampleProvider? source;
    private WaveFormat? output;
    private Thread? worker;
    private ManualResetEventSlim? finished;
    private PlaybackState state = PlaybackState.Stopped;
    private float volume = 1;
    private int interruptions;
    private bool isDisposing;

    /// <summary>Opens a playback device.</summary>
    /// <param name="device">The name of an ALSA PCM: <c>default</c>, <c>hw:0</c>, <c>plughw:1,0</c>, <c>null</c> …</param>
    /// <param name="latencyMilliseconds">The size of the device's buffer in milliseconds, 10 to 10,000. A small buffer reacts faster, a large one tolerates a slower source.</param>
    /// <exception cref="ArgumentException">The name is empty or the latency is out of range.</exception>
    /// <exception cref="AudioCraftException">The device does not exist or is in use, or libasound is not installed.</exception>
    public AlsaOut(string device = "default", int latencyMilliseconds = 100)
    {
        ArgumentException.ThrowIfNullOrEmpty(device);
        if (latencyMilliseconds is < 10 or > 10_000)
        {
            throw new ArgumentOutOfRangeException(nameof(latencyMilliseconds), latencyMilliseconds, $"The latency is {latencyMilliseconds} ms, but 10 to 10,000 ms were expected.");
        }

        NativeLibraries.RequireAlsa();
        this.latencyMilliseconds = latencyMilliseconds;
        LibAsound.ThrowIfError(LibAsound.OpenQuietly(out this.device, device), $"open the device '{device}'");
    }

    /// <summary>Raised on the playback thread after the end of the source, after <see cref="Stop"/>, or after an error.</summary>
    public event EventHandler<StoppedEventArgs>? PlaybackStopped;

    /// <summary>The gain, 0 to 1 (default). It applies to samples that are read from the source from now on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 0 to 1.</exception>
    public float Volume
    {
        get => volume;
        set => volume = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"The volume is {value}, but 0 to 1 was expected.");
    }

    /// <summary>Whether it is playing, paused or stopped.</summary>
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

    /// <summary>The format that the device receives: 32-bit float if it supports that, otherwise 16-bit integers.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Init"/> was not called.</exception>
    public WaveFormat OutputWaveFormat => output ?? throw new InvalidOperationException("Call Init first.");

    /// <summary>The size of the device's buffer.</summary>
    public TimeSpan AverageLatency => TimeSpan.FromMilliseconds(latencyMilliseconds);

    /// <summary>The time until a sample that is written now is played; <see cref="AverageLatency"/> while not playing.</summary>
    public TimeSpan CurrentLatency
    {
        get
        {
            lock (sync)
            {
                return state == PlaybackState.Playing && device != 0 && output is { } format && LibAsound.Delay(device, out var frames) >= 0 && frames >= 0
                    ? TimeSpan.FromSeconds((double)frames / format.SampleRate)
                    : AverageLatency;
            }
        }
    }

    /// <summary>Sets the source. Call it once, before <see cref="Play"/>.</summary>
    /// <param name="waveProvider">PCM of 8 to 32 bits or IEEE float.</param>
    /// <exception cref="ArgumentException">The samples have another encoding.</exception>
    /// <exception cref="InvalidOperationException">The player already has a source.</exception>
    /// <exception cref="AudioCraftException">The device does not support the sample rate or the number of channels.</exception>
    /// <exception cref="ObjectDisposedException">The player was disposed.</exception>
    public void Init(IWaveProvider waveProvider)
    {
        ArgumentNullException.ThrowIfNull(waveProvider);
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isDisposing, this);
            if (source is not null)
            {
                throw new InvalidOperationException("The player already has a source.");
            }

            var samples = waveProvider.ToSampleProvider();
            var (rate, channels) = (samples.WaveFormat.SampleRate, samples.WaveFormat.Channels);
            var isFloat = SetParameters(LibAsound.Float) >= 0;
            if (!isFloat)
            {
                LibAsound.ThrowIfError(SetParameters(LibAsound.Integer16), $"play {channels} channels at {rate} Hz on this device");
            }

            output = isFloat ? WaveFormat.CreateIeeeFloatWaveFormat(rate, channels) : new WaveFormat(rate, 16, channels);
            source = samples;

            int SetParameters(int format) =>
                LibAsound.SetParameters(device, format, LibAsound.Interleaved, (uint)channels, (uint)rate, 1, (uint)latencyMilliseconds * 1000);
        }
    }

    /// <summary>Starts playback, or continues it after <see cref="Pause"/>.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Init"/> was not called.</exception>
    /// <exception cref="AudioCraftException">The device fails.</exception>
    /// <exception cref="ObjectDisposedException">The player was disposed.</exception>
    public void Play()
    {
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isDisposing, this);
            if (source is null)
            {
                throw new InvalidOperationException("Call Init before Play.");
            }

            if (state == PlaybackState.Playing)
            {
                return;
            }

            LibAsound.ThrowIfError(LibAsound.Prepare(device), "start playback");
            if (state == PlaybackState.Stopped)
            {
                // The previous thread may still be running: it may be the one that calls this, in a handler of PlaybackStopped.
                var previous = finished;
                var own = finished = new ManualResetEventSlim();
                worker = new Thread(() => Run(previous, own)) { IsBackground = true, Name = "ALSA playback" };
                SetState(PlaybackState.Playing);
                worker.Start();
                return;
            }

            SetState(PlaybackState.Playing);
        }
    }

    /// <summary>Pauses playback. The device's buffer, at most <see cref="AverageLatency"/>, is discarded.</summary>
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

    /// <summary>Stops playback, discards the device's buffer and waits until <see cref="PlaybackStopped"/> was raised.</summary>
    public void Stop()
    {
        Thread? running;
        lock (sync)
        {
            running = worker;
            if (state != PlaybackState.Stopped)
            {
                SetState(PlaybackState.Stopped);

                // This interrupts a blocked write or drain.
                _ = LibAsound.Drop(device);
            }
        }

        if (running is not null && running != Thread.CurrentThread)
        {
            running.Join();
        }
    }

    /// <summary>Stops playback and closes the device.</summary>
    public void Dispose()
    {
        lock (sync)
        {
            // From here on Play throws, so that no new thread uses the device while it is closed.
            isDisposing = true;
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

    /// <param name="previous">Set when the previous thread no longer uses the source and the device.</param>
    /// <param name="own">Set when this one no longer does.</param>
    private void Run(ManualResetEventSlim? previous, ManualResetEventSlim own)
    {
        Exception? error = null;
        try
        {
            previous?.Wait();
            var samples = new float[PeriodFrames * output!.Channels];
            while (MayPlay())
            {
                var count = source!.Read(samples);
                if (count == 0)
                {
                    // Outside the lock: draining takes as long as the buffer plays, and Stop and Pause must be able to interrupt it.
                    _ = LibAsound.Drain(device);

                    // After a pause the end comes when playback is continued or stopped.
                    _ = MayPlay();
                    break;
                }

                Write(samples.AsSpan(0, count));
            }
        }
        catch (Exception failure)
        {
            error = failure;
        }

        lock (sync)
        {
            if (worker == Thread.CurrentThread)
            {
                SetState(PlaybackState.Stopped);
            }
        }

        own.Set();
        PlaybackStopped?.Invoke(this, new StoppedEventArgs(error));
    }

    /// <summary>Waits while playback is paused. False once it was stopped, even if it was started again since.</summary>
    private bool MayPlay()
    {
        lock (sync)
        {
            while (state == PlaybackState.Paused && worker == Thread.CurrentThread)
            {
                Monitor.Wait(sync);
            }

            return state == PlaybackState.Playing && worker == Thread.CurrentThread;
        }
    }

    private void Write(Span<float> samples)
    {
        if (volume is not 1f and var gain)
        {
            foreach (ref var sample in samples)
            {
                sample *= gain;
            }
        }

        var bytes = output!.BitsPerSample == 32 ? MemoryMarshal.AsBytes(samples) : ToInteger16(samples);
        while (bytes.Length >= output.BlockAlign)
        {
            // Before MayPlay: a pause after this line interrupts the write or precedes it, and neither is an error of the device.
            var before = Volatile.Read(ref interruptions);
            if (!MayPlay())
            {
                return;
            }

            var written = LibAsound.Write(device, bytes, (nuint)(bytes.Length / output.BlockAlign));
            if (written >= 0)
            {
                bytes = bytes[((int)written * output.BlockAlign)..];
            }
            else if (MayPlay() && before == Volatile.Read(ref interruptions))
            {
                // An underrun or a suspended device. After a pause the error is the interrupted write.
                LibAsound.ThrowIfError(LibAsound.Recover(device, (int)written, 1), "continue playback");
            }
        }
    }

    private static Span<byte> ToInteger16(ReadOnlySpan<float> samples)
    {
        var integers = new short[samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            integers[i] = (short)Math.Round(Math.Clamp(samples[i], -1f, 1f) * short.MaxValue);
        }

        return MemoryMarshal.AsBytes(integers.AsSpan());
    }
}
