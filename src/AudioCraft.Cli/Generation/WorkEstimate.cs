using System.Diagnostics;
using System.Globalization;

namespace AudioCraft.Cli.Generation;

/// <summary>Estimates the time of a long generation from a short one on this machine.</summary>
internal static class WorkEstimate
{
    /// <summary>Less audio than this is generated without an estimate.</summary>
    public const double MinAudioSeconds = 120;

    private const double SampleSeconds = 1, WarmUpSeconds = 0.2;

    private static readonly TimeSpan Mentioned = TimeSpan.FromMinutes(1), Limit = TimeSpan.FromHours(1);

    /// <summary>Measures the speed and multiplies it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts of one batch.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="batches">The number of batches.</param>
    /// <param name="seconds">The length of one result in seconds.</param>
    /// <param name="cancellationToken">Checked between decoding steps.</param>
    public static async Task<TimeSpan> MeasureAsync(BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, int batches, double seconds, CancellationToken cancellationToken)
    {
        var (measured, elapsed) = (Math.Min(SampleSeconds, seconds), 0.0);
        foreach (var length in new[] { Math.Min(WarmUpSeconds, measured), measured })
        {
            var watch = Stopwatch.StartNew();
            using var sample = await model.GenerateAsync(prompts, parameters with { Duration = length }, cancellationToken: cancellationToken).ConfigureAwait(false);
            elapsed = watch.Elapsed.TotalSeconds;
        }

        return TimeSpan.FromSeconds(Math.Min(elapsed / measured * seconds * batches, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    /// <summary>The note about a duration: null for a short one.</summary>
    /// <exception cref="UsageException">It is more than an hour, which was not allowed.</exception>
    public static string? Note(TimeSpan estimate, double audioSeconds, bool isLongAllowed)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{audioSeconds:0.#} s of audio take about {Text(estimate)} on this machine");
        return estimate > Limit && !isLongAllowed
            ? throw new UsageException($"{text}: add --long to start anyway.")
            : estimate > Mentioned ? $"{text}." : null;
    }

    private static string Text(TimeSpan time) => time.TotalHours >= 48
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.#} days")
        : time.TotalMinutes >= 90
            ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} hours")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.TotalMinutes):0} minutes");
}
