using AudioCraft.Tests.Checkpoints;
using Microsoft.Extensions.Logging.Abstractions;

namespace AudioCraft.Training.Tests.Solvers;

public sealed class TrainingReportsTests
{
    [Fact]
    public void Slow_first_step_does_not_affect_the_rate()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("run"));
        var reports = new TrainingReports(new TrainingOptions { Directory = folder.File("run"), Steps = 100 }, NullLogger.Instance, 0, 0);
        reports.Took(TimeSpan.FromMinutes(10));
        Assert.Equal(1.0 / 600, Rate(1), 6);
        for (var step = 2; step <= 20; step++)
        {
            reports.Took(TimeSpan.FromSeconds(0.25));
            Assert.Equal(4, Rate(step), 6);
        }

        double Rate(long step)
        {
            var heard = new Heard();
            reports.Report(heard, TrainingPhase.Training, step, new Dictionary<string, double>(), isBest: false);
            Assert.Equal((100 - step) / heard.Last!.StepsPerSecond, heard.Last.Remaining.TotalSeconds, 3);
            return heard.Last.StepsPerSecond;
        }
    }

    private sealed class Heard : IProgress<TrainingProgress>
    {
        public TrainingProgress? Last { get; private set; }

        void IProgress<TrainingProgress>.Report(TrainingProgress value) => Last = value;
    }
}
