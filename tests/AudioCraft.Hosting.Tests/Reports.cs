using System.Collections.Concurrent;

namespace AudioCraft.Hosting.Tests;

/// <summary>Collects progress synchronously and in order.</summary>
internal sealed class Reports(Action<SoundProgress>? then = null) : IProgress<SoundProgress>
{
    public ConcurrentQueue<SoundProgress> All { get; } = new();

    public void Report(SoundProgress value)
    {
        All.Enqueue(value);
        then?.Invoke(value);
    }
}
