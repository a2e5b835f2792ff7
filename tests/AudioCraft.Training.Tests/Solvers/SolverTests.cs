using AudioCraft.Checkpoints;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Training.Tests.Solvers;

public sealed class SolverTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Loss_falls_and_logs_checkpoint_best_weights_and_curves_exist()
    {
        var options = Options("run", 120);
        ToySolver.Train(options);
        var curve = new TrainingLog(options.TrainingLogPath).Curve("loss");
        Assert.True(curve[^1].Value < 0.5 * curve[0].Value, $"{curve[0].Value} became {curve[^1].Value}");
        Assert.Equal(Enumerable.Range(1, 12).Select(i => 10L * i), curve.Select(c => c.Step));
        Assert.Equal([25L, 50, 75, 100, 120], new TrainingLog(options.ValidationLogPath).Steps);
        Assert.True(File.Exists(options.BestPath));
        Assert.Equal("PNG"u8.ToArray(), File.ReadAllBytes(options.CurvesPath)[1..4]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(50)]
    [InlineData(99)]
    public void Resumed_training_equals_an_uninterrupted_one(int stopAt)
    {
        var whole = Options("whole", 100);
        ToySolver.Train(whole);
        var parts = Options("parts", 100);
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => ToySolver.Train(parts, null, step => { if (step == stopAt - 1) { stop.Cancel(); } }, stop.Token));
        }

        ToySolver.Train(parts);
        AssertSameRun(whole, parts);
    }

    [Fact]
    public void Crash_between_checkpoints_repeats_the_lost_steps_without_duplicate_rows()
    {
        var whole = Options("whole", 100);
        ToySolver.Train(whole);
        var parts = Options("parts", 100);
        Assert.Throws<InvalidTimeZoneException>(() => ToySolver.Train(parts, null, step => { if (step == 88) { throw new InvalidTimeZoneException(); } }));
        File.AppendAllText(parts.TrainingLogPath, "90,0.5"); // a truncated line
        ToySolver.Train(parts);
        AssertSameRun(whole, parts);
    }

    [Fact]
    public void Failed_checkpoint_write_keeps_the_previous_file()
    {
        var options = Options("run", 50);
        ToySolver.Train(options);
        var before = File.ReadAllBytes(options.CheckpointPath);

        // An interrupted write leaves a file beside the checkpoint, which is never read.
        File.WriteAllBytes(Path.Combine(options.Directory, ".0123.tmp"), before[..100]);
        ToySolver.Train(options);
        Assert.Equal(before, File.ReadAllBytes(options.CheckpointPath));
    }

    [Fact]
    public void Best_weights_are_kept_when_later_ones_are_worse()
    {
        var options = Options("run", 100) with { LargerIsBetter = true };
        using var solver = new ToySolver(options);
        solver.Run();
        var curve = new TrainingLog(options.ValidationLogPath).Curve("loss");
        var best = curve.MaxBy(c => c.Value);
        Assert.Equal(best.Value, solver.Best);
        Assert.Equal(curve.Where((c, i) => curve.Take(i).All(b => b.Value < c.Value)).Count(), solver.BestSeen);
        using var file = SafetensorsFile.Open(options.BestPath);
        Assert.Equal($"{best.Step}", file.Metadata["step"]);
        Assert.Equal(["bias", "weight"], file.Tensors.Keys.Order());
    }

    [Fact]
    public void Progress_has_rate_and_time_left()
    {
        var reports = new List<TrainingProgress>();
        ToySolver.Train(Options("run", 100), new Listener(reports));
        Assert.Equal(10, reports.Count(r => r.Phase == TrainingPhase.Training));
        Assert.Equal(4, reports.Count(r => r.Phase == TrainingPhase.Validation));
        Assert.All(reports, r => Assert.True(r.StepsPerSecond > 0));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
        Assert.True(reports[0].Remaining > TimeSpan.Zero);
    }

    [Fact]
    public void Damaged_or_foreign_checkpoint_is_a_typed_error()
    {
        var options = Options("run", 20);
        ToySolver.Train(options);
        var bytes = File.ReadAllBytes(options.CheckpointPath);
        foreach (var length in new[] { 0, 7, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(options.CheckpointPath, bytes[..length]);
            Assert.Throws<CheckpointException>(() => ToySolver.Train(options));
        }

        File.WriteAllBytes(options.CheckpointPath, bytes);
        Assert.Contains("seed", Assert.Throws<CheckpointException>(() => ToySolver.Train(options with { Seed = 8 })).Message, StringComparison.Ordinal);
        using var other = TorchSharp.torch.zeros(2);
        foreach (var json in new[] { "", "[]", "{\"/step\": \"x\"}", "{\"/step\": 1e400}", "{\"/seed\": 7}", new string('[', 100_000), "{\"/seed\":7,\"/step\":-1,\"/validated\":0}" })
        {
            using var source = SafetensorsFile.Open(options.CheckpointPath);
            var tensors = source.Tensors.Keys.ToDictionary(k => k, source.Read);
            SafetensorsWriter.Write(options.CheckpointPath, tensors, new Dictionary<string, string> { ["format"] = "audiocraft-training", ["training"] = json });
            Assert.Throws<CheckpointException>(() => ToySolver.Train(options));
        }

        SafetensorsWriter.Write(
            options.CheckpointPath, new Dictionary<string, TorchSharp.torch.Tensor> { ["x/y"] = other },
            new Dictionary<string, string> { ["format"] = "audiocraft-training", ["training"] = "{\"/seed\": 7}" });
        Assert.Contains("x/y is unexpected", Assert.Throws<CheckpointException>(() => ToySolver.Train(options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2\n")]
    [InlineData("step,a\n1,2\n1,3\n")]
    [InlineData("step,a\nx,2\n")]
    [InlineData("step,a\n1\n")]
    [InlineData("step,a,a\n1,2,3\n")]
    public void Log_of_another_format_is_a_typed_error(string text)
    {
        var path = folder.Write("log.csv", System.Text.Encoding.UTF8.GetBytes(text));
        Assert.Throws<AudioCraftException>(() => new TrainingLog(path));
    }

    [Fact]
    public void Bad_options_are_rejected()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ToySolver.Train(Options("run", 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ToySolver.Train(Options("run", 1) with { LogEvery = 0 }));
        Assert.Throws<InvalidOperationException>(() => ToySolver.Train(Options("run", 5) with { BestMetric = "beauty" }));
    }

    [Fact]
    public void NaN_loss_stops_the_training_and_keeps_the_last_checkpoint()
    {
        var options = Options("run", 100);
        using var solver = new DivergingSolver(options);
        var error = Assert.Throws<AudioCraftException>(() => solver.Run());
        Assert.Contains("step 30", error.Message, StringComparison.Ordinal);
        Assert.Equal(30, solver.Step);
        Assert.True(File.Exists(options.CheckpointPath));
    }

    [Fact]
    public void Calls_leak_no_tensors() => LiveTensors.NoneLeftOfModules(() =>
    {
        var options = Options(Guid.NewGuid().ToString("n"), 30);
        ToySolver.Train(options);
        ToySolver.Train(options with { Steps = 40 });
    });

    private static void AssertSameRun(TrainingOptions expected, TrainingOptions actual)
    {
        Assert.Equal(File.ReadAllText(expected.TrainingLogPath), File.ReadAllText(actual.TrainingLogPath));
        Assert.Equal(File.ReadAllText(expected.ValidationLogPath), File.ReadAllText(actual.ValidationLogPath));
        Assert.Equal(File.ReadAllBytes(expected.CheckpointPath), File.ReadAllBytes(actual.CheckpointPath));
        Assert.Equal(File.ReadAllBytes(expected.BestPath), File.ReadAllBytes(actual.BestPath));
    }

    private TrainingOptions Options(string name, long steps) =>
        new() { Directory = folder.File(name), Steps = steps, Seed = 7, LogEvery = 10, ValidateEvery = 25, CheckpointEvery = 20 };

    private sealed class Listener(List<TrainingProgress> reports) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reports.Add(value);
    }

    private sealed class DivergingSolver(TrainingOptions options) : Solver(options)
    {
        protected override void TrainStep(long update, StepMetrics metrics) => metrics.Add("loss", update < 30 ? 1.0 : double.NaN);

        protected override void Validate(StepMetrics metrics, CancellationToken cancellationToken) => metrics.Add("loss", 1.0);

        protected override IReadOnlyDictionary<string, TorchSharp.torch.Tensor> Result() => new Dictionary<string, TorchSharp.torch.Tensor>();
    }
}
