namespace AudioCraft.Benchmarks;

/// <summary>One thing that is timed, here and in the peer.</summary>
/// <param name="Name">What <c>--rows</c> selects by, and what the peer knows it by.</param>
/// <param name="Unit">What the figures count: a real-time factor, steps a second, …</param>
/// <param name="Work">Units of work that one run does; the figure is this divided by the seconds that a run takes.</param>
/// <param name="PeerScript">File in benchmarks/peers that times the same work, or null.</param>
/// <param name="Prepare">Builds what is timed; each call of the action is one run.</param>
internal sealed record Row(string Name, string Unit, double Work, string? PeerScript, Func<Workload> Prepare);

/// <summary>Something built that can be run again and again.</summary>
/// <param name="Run">One run.</param>
/// <param name="Release">Frees what was built.</param>
internal sealed record Workload(Action Run, Action Release) : IDisposable
{
    public void Dispose() => Release();
}

/// <summary>Seconds of the runs of one side.</summary>
internal sealed record Timing(IReadOnlyList<double> Seconds)
{
    public double Best => Seconds.Min();

    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);
}
