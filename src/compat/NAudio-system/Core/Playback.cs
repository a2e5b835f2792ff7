namespace NAudio.Wave;

public enum PlaybackState
{
    Stopped = 0,
    Playing = 1,
    Paused = 2,
}

/// <summary>Playback ended: of itself, by Stop, or with an exception.</summary>
public class StoppedEventArgs : EventArgs
{
    public StoppedEventArgs(Exception? exception = null) => Exception = exception;

    public Exception? Exception { get; }
}

/// <summary>A device that plays what a provider gives.</summary>
public interface IWavePlayer : IDisposable
{
    event EventHandler<StoppedEventArgs>? PlaybackStopped;

    float Volume { get; set; }

    PlaybackState PlaybackState { get; }

    WaveFormat OutputWaveFormat { get; }

    void Init(IWaveProvider waveProvider);

    void Play();

    void Stop();

    void Pause();
}

public interface IWaveLatency
{
    TimeSpan AverageLatency { get; }

    TimeSpan CurrentLatency { get; }
}
