namespace AudioCraft.Hosting;

/// <summary>What to listen to.</summary>
public static class AudioCraftTelemetry
{
    /// <summary>
    /// Name of the <see cref="System.Diagnostics.Metrics.Meter"/> (queue length, time waiting, time to the first sound, steps, steps a second, requests by outcome, …)
    /// and of the <see cref="System.Diagnostics.ActivitySource"/> (an activity for each request).
    /// </summary>
    public const string Name = "AudioCraft.Hosting";
}
