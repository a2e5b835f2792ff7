namespace AudioCraft.Hosting;

/// <summary>Nobody took the pieces of a stream for so long that it was given up, so that others get their turn.</summary>
public sealed class SlowListenerException : AudioCraftException
{
    internal SlowListenerException(double ahead, TimeSpan timeout)
        : base($"{ahead} s of sound were waiting for the listener, who took nothing for {timeout.TotalSeconds:F0} s: the rest is not made.")
    {
    }
}
