namespace AudioCraft.Benchmarks;

/// <summary>A measurement with this library, the baseline and, if PyTorch is installed, the Python peer.</summary>
/// <param name="Name">The name for <c>--rows</c> and for the peer.</param>
/// <param name="Unit">The unit: real-time factor, steps per second, …</param>
/// <param name="PeerScript">A file in benchmarks/peers that measures the same work, or null.</param>
/// <param name="Prepare">Creates the workload with the released shape, or with a small one (true).</param>
internal sealed record Row(string Name, string Unit, string? PeerScript, Func<bool, Workload> Prepare);

/// <summary>A workload that can be run repeatedly.</summary>
/// <param name="Work">Units of work per run. The result is this number divided by the seconds of a run.</param>
/// <param name="Run">Does one run with this library.</param>
/// <param name="Release">Disposes the workload.</param>
internal sealed record Workload(double Work, Action Run, Action Release) : IDisposable
{
    /// <summary>Does the same run with the baseline in plain TorchSharp; or null.</summary>
    public Action? Baseline { get; init; }

    /// <summary>
    /// Compares the results of both and returns the largest difference relative to the largest value; null without a baseline.
    /// Throws if they differ by more than the tolerance.
    /// </summary>
    public Func<double>? Compare { get; init; }

    public void Dispose() => Release();
}

/// <summary>The seconds of the runs of one implementation.</summary>
internal sealed record Timing(IReadOnlyList<double> Seconds)
{
    public double Best => Seconds.Min();

    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);
}
