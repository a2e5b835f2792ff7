namespace AudioCraft.Benchmarks;

/// <summary>One thing that is timed: by this library, by the baseline and, where PyTorch is installed, by the Python peer.</summary>
/// <param name="Name">What <c>--rows</c> selects by, and what the peer knows it by.</param>
/// <param name="Unit">What the figures count: a real-time factor, steps a second, …</param>
/// <param name="PeerScript">File in benchmarks/peers that times the same work, or null.</param>
/// <param name="Prepare">Builds what is timed, at the released shape or at a small one (true).</param>
internal sealed record Row(string Name, string Unit, string? PeerScript, Func<bool, Workload> Prepare);

/// <summary>Something built that can be run again and again.</summary>
/// <param name="Work">Units of work that one run does; the figure is this divided by the seconds that a run takes.</param>
/// <param name="Run">One run by this library.</param>
/// <param name="Release">Frees what was built.</param>
internal sealed record Workload(double Work, Action Run, Action Release) : IDisposable
{
    /// <summary>The same run by the baseline in plain TorchSharp, or null.</summary>
    public Action? Baseline { get; init; }

    /// <summary>
    /// Compares the results of both and returns the largest difference, relative to the largest value; null where there is no baseline.
    /// Throws if they are not the same.
    /// </summary>
    public Func<double>? Compare { get; init; }

    public void Dispose() => Release();
}

/// <summary>Seconds of the runs of one side.</summary>
internal sealed record Timing(IReadOnlyList<double> Seconds)
{
    public double Best => Seconds.Min();

    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);
}
