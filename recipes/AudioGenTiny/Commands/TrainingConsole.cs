using System.Diagnostics;
using System.Globalization;

namespace AudioGenTiny.Recipe;

/// <summary>Writes a line for each progress report.</summary>
internal sealed class TrainingConsole : IProgress<TrainingProgress>
{
    private readonly long start = Stopwatch.GetTimestamp();

    public void Report(TrainingProgress value)
    {
        var metrics = string.Join("  ", value.Metrics.Select(metric => $"{metric.Key} {metric.Value.ToString("0.####", CultureInfo.InvariantCulture)}"));
        var head = value.Phase == TrainingPhase.Validation ? "valid" : "train";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(start):hh\\:mm\\:ss}  {head} {value.Step}/{value.TotalSteps}  {metrics}  {value.StepsPerSecond:0.00}/s  ETA {value.Remaining:hh\\:mm\\:ss}{(value.IsBest ? "  best" : "")}"));
    }
}
