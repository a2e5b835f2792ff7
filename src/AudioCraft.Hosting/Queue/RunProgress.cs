namespace AudioCraft.Hosting;

/// <summary>Tells each step to all whose sound is being made, and ends the making when nobody is left who wants it.</summary>
internal sealed class RunProgress(IReadOnlyList<GenerationJob> jobs, ServiceRecord record, CancellationTokenSource stop) : IProgress<GenerationProgress>
{
    public void Report(GenerationProgress value)
    {
        record.Step(value);
        var wanted = false;
        foreach (var job in jobs)
        {
            job.Stepped(value);
            wanted |= !job.HasEnded;
        }

        if (!wanted)
        {
            stop.Cancel();
        }
    }
}
