using AudioCraft.Conditioning;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests;

public class LanguageModelSolverTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Loss_falls_and_texts_lower_it(int workers)
    {
        using var folder = new TemporaryFolder();
        manual_seed(1);
        using var solver = new LanguageModelSolver(
            TinyLanguage.NewModel, TinyLanguage.Sounds(24), TinyLanguage.Sounds(8, seed: 9), TinyLanguage.Training(folder.Path, 120), TinyLanguage.Options(workers));
        var reports = Run(solver);
        var losses = reports.Where(report => report.Phase == TrainingPhase.Validation).Select(report => report.Metrics["loss"]).ToList();
        Assert.InRange(reports[0].Metrics["loss"], 3.5, 6);
        Assert.True(losses[^1] < 0.5 * losses[0], string.Join(", ", losses));

        // In the first frames only the text predicts the codes.
        Assert.True(reports[^1].Metrics["text_gain"] > 0.02, $"{reports[^1].Metrics["text_gain"]}");
    }

    [Fact]
    public void Resumed_training_equals_an_uninterrupted_one()
    {
        using TemporaryFolder whole = new(), halves = new();
        var expected = Train(whole.Path, 30, null);
        Assert.Throws<OperationCanceledException>(() => Train(halves.Path, 30, stopAfter: 15));
        var actual = Train(halves.Path, 30, null);
        Assert.Equal(File.ReadAllText(Path.Combine(whole.Path, "train.csv")), File.ReadAllText(Path.Combine(halves.Path, "train.csv")));
        Assert.Equal(File.ReadAllText(Path.Combine(whole.Path, "valid.csv")), File.ReadAllText(Path.Combine(halves.Path, "valid.csv")));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Two_workers_give_the_result_of_one()
    {
        using TemporaryFolder one = new(), two = new();
        float[] first = Train(one.Path, 5, null), second = Train(two.Path, 5, null, workers: 2);
        Assert.Equal(first.Length, second.Length);
        Assert.True(first.Zip(second, (a, b) => Math.Abs(a - b)).Max() < 2e-3);
    }

    [Fact]
    public void Bfloat16_gives_nearly_the_gradients_of_float32()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = TinyLanguage.NewModel();
        var batch = Batch(TinyLanguage.Sounds(4));
        var counts = SequenceCrossEntropy.Arrange(model, batch).Counts;
        Gradients(null);
        var exact = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone());
        model.zero_grad();
        Gradients(ScalarType.BFloat16);
        foreach (var (name, parameter) in model.named_parameters())
        {
            var apart = (parameter.grad! - exact[name]).norm().item<float>() / exact[name].norm().item<float>();
            Assert.True(apart < 0.1, $"{name}: {apart}");
        }

        void Gradients(ScalarType? precision)
        {
            using var inner = NewDisposeScope();
            SequenceCrossEntropy.Compute(model, batch, counts, precision).Loss.backward();
        }
    }

    [Theory]
    [InlineData(CodebookPatternKind.Delay)]
    [InlineData(CodebookPatternKind.Parallel)]
    [InlineData(CodebookPatternKind.Unroll)]
    [InlineData(CodebookPatternKind.CoarseFirst)]
    public void Sequence_order_and_code_order_give_equal_losses_and_gradients(CodebookPatternKind pattern)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = LanguageModelFactory.New(TinyLanguage.Config with { Pattern = pattern }, TinyLanguage.Tokenizer, TinyLanguage.Text);
        var batch = Batch(TinyLanguage.Sounds(3), "a low hum");
        var codes = tensor(batch.Codes, [3, 4, batch.Frames]);
        var conditioner = (T5Conditioner)model.Conditioners["description"];
        var (logits, mask) = model.ComputePredictions(codes, conditioner.Encode([.. batch.Texts]).Embeds);
        var (expected, each) = CodebookCrossEntropy.Compute(logits, codes, mask);
        expected.backward();
        var gradients = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone());
        model.zero_grad();
        var (loss, own) = SequenceCrossEntropy.Compute(model, batch, SequenceCrossEntropy.Arrange(model, batch).Counts);
        loss.backward();
        Near.Equal(expected, loss, 1e-6);
        Near.Equal(each, tensor(own), 1e-6);
        foreach (var (name, parameter) in model.named_parameters())
        {
            Near.Equal(gradients[name], parameter.grad!, 2e-5);
        }
    }

    [Fact]
    public void Gradients_of_the_text_encoder_match_finite_differences()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        using var model = TinyLanguage.NewModel();
        var conditioner = (T5Conditioner)model.Conditioners["description"];
        conditioner.FineTune = true;
        var batch = Batch(TinyLanguage.Sounds(2));
        var counts = SequenceCrossEntropy.Arrange(model, batch).Counts;
        SequenceCrossEntropy.Compute(model, batch, counts).Loss.backward();
        var checkedOnes = 0;
        foreach (var (name, parameter) in conditioner.TextEncoder.Encoder.named_parameters())
        {
            // Along the gradient the loss changes most, so float32 is precise enough.
            using var guard = no_grad();
            using var inner = NewDisposeScope();
            var gradient = parameter.grad!.clone();
            var norm = gradient.norm().item<float>();
            Assert.True(norm > 0, name);
            var direction = gradient / norm;
            var step = Math.Min(0.05, 0.02 / norm);
            parameter.add_(direction * step);
            var above = Loss();
            parameter.sub_(direction * (2 * step));
            var below = Loss();
            parameter.add_(direction * step);
            var slope = (above - below) / (2 * step);
            Assert.True(Math.Abs(slope - norm) < (0.05 * norm) + 2e-4, $"{name}: {slope} and {norm}");
            checkedOnes++;
        }

        Assert.Equal(19, checkedOnes);

        double Loss() => SequenceCrossEntropy.Compute(model, batch, counts).PerCodebook.Average();
    }

    [Fact]
    public void Frozen_text_encoder_does_not_change()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        manual_seed(1);
        using var solver = new LanguageModelSolver(
            TinyLanguage.NewModel, TinyLanguage.Sounds(8), null, TinyLanguage.Training(folder.Path, 3) with { ValidateEvery = 0 }, TinyLanguage.Options() with { FineTuneTextEncoder = false });
        var encoder = LanguageModelSolver.Conditioners(solver.Model).Single().TextEncoder.Encoder;
        var before = encoder.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        var own = solver.Model.named_parameters().First(p => p.name.StartsWith("linears", StringComparison.Ordinal)).parameter;
        var start = own.detach().clone();
        solver.Run();
        Assert.All(encoder.named_parameters(), p => Exactly.Equal(before[p.name], p.parameter));
        Assert.NotEqual(start.sum().item<float>(), own.sum().item<float>());
    }

    [Fact]
    public void Codes_that_do_not_match_the_model_are_rejected_with_both_numbers()
    {
        using var folder = new TemporaryFolder();
        var sounds = new CodeDataset([new CodeItem([1, 2, 64, 4], 1, [])]);
        var message = Assert.Throws<ArgumentException>(() => new LanguageModelSolver(
            TinyLanguage.NewModel, sounds, null, TinyLanguage.Training(folder.Path, 3), TinyLanguage.Options())).Message;
        Assert.Contains("codes up to 64", message, StringComparison.Ordinal);
        Assert.Contains("4 codebooks of 64 entries", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Padding_of_shorter_items_does_not_count()
    {
        using var model = TinyLanguage.NewModel();
        var items = new List<CodeItem> { new([.. Enumerable.Repeat((short)1, 40)], 10, []), new([.. Enumerable.Repeat((short)2, 16)], 4, ["hum"]) };
        var batch = CodeBatch.Of(items, 8, model.SpecialToken, (_, spare) => spare, i => items[i].Descriptions is [var text, ..] ? text : null);
        Assert.Equal(8, batch.Frames);
        Assert.Equal([(8 + 4), (7 + 4), (6 + 4), (5 + 4)], SequenceCrossEntropy.Arrange(model, batch).Counts.Select(n => (int)n));
        using var scope = NewDisposeScope();
        Assert.True(double.IsFinite(SequenceCrossEntropy.Compute(model, batch, [1, 1, 1, 1]).Loss.item<float>()));
    }

    [Fact]
    public void Inputs_may_differ_from_targets()
    {
        using var model = TinyLanguage.NewModel();
        var batch = Batch(TinyLanguage.Sounds(2));
        var heard = batch.Codes.Select(code => (code + 1) % TinyLanguage.Cardinality).ToArray();
        var (plain, noisy) = (SequenceCrossEntropy.Arrange(model, batch), SequenceCrossEntropy.Arrange(model, (batch with { Inputs = heard }).Part(0, 2)));
        Assert.Equal(plain.Targets, noisy.Targets);
        Assert.Equal(plain.Input.Select(code => code == model.SpecialToken ? code : (code + 1) % TinyLanguage.Cardinality), noisy.Input);
    }

    [Fact]
    public void Codebooks_are_weighted_in_the_loss()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = TinyLanguage.NewModel();
        var batch = Batch(TinyLanguage.Sounds(3));
        var counts = SequenceCrossEntropy.Arrange(model, batch).Counts;
        var (loss, each) = SequenceCrossEntropy.Compute(model, batch, counts, shares: [0.75, 0.25, 0, 0]);
        Assert.Equal((0.75 * each[0]) + (0.25 * each[1]), loss.item<float>(), 1e-5);
        loss.backward();
        var gradients = model.named_parameters().Where(p => p.name.StartsWith("linears.", StringComparison.Ordinal)).ToDictionary(p => p.name[8] - '0', p => p.parameter.grad!.norm().item<float>());
        Assert.True(gradients[0] > 0 && gradients[1] > 0);
        Assert.Equal((0, 0), (gradients[2], gradients[3]));
    }

    [Fact]
    public void Invalid_codebook_weights_are_rejected()
    {
        using var folder = new TemporaryFolder();
        LanguageModelSolver Solver(params double[] weights) => new(
            TinyLanguage.NewModel, TinyLanguage.Sounds(2), null, TinyLanguage.Training(folder.Path, 3), TinyLanguage.Options() with { CodebookWeights = weights });
        Assert.Contains("3 codebook weights", Assert.Throws<ArgumentException>(() => Solver(1, 2, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(1, -1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(0, 0, 0, 0));
    }

    [Fact]
    public void Disposed_solver_leaks_no_tensor()
    {
        using var folder = new TemporaryFolder();
        LiveTensors.NoneLeftOfModules(() =>
        {
            Directory.Delete(folder.Path, true);
            manual_seed(1);
            using var solver = new LanguageModelSolver(
                TinyLanguage.NewModel, TinyLanguage.Sounds(8), TinyLanguage.Sounds(4), TinyLanguage.Training(folder.Path, 4), TinyLanguage.Options(2));
            solver.Run();
        });
    }

    private static CodeBatch Batch(CodeDataset sounds, string? text = null) =>
        CodeBatch.Of(sounds.Items, 12, TinyLanguage.Cardinality, (_, _) => 0, i => text ?? sounds.Items[i].Descriptions[0]);

    private static List<TrainingProgress> Run(LanguageModelSolver solver)
    {
        var reports = new List<TrainingProgress>();
        solver.Run(new Report(reports.Add));
        return reports;
    }

    /// <summary>Trains in a directory, optionally stops early, and returns the averaged weights of the first head.</summary>
    private static float[] Train(string directory, long steps, long? stopAfter, int workers = 1)
    {
        manual_seed(1);
        using var cancellation = new CancellationTokenSource();
        using var solver = new LanguageModelSolver(
            TinyLanguage.NewModel, TinyLanguage.Sounds(10), TinyLanguage.Sounds(4, seed: 9), TinyLanguage.Training(directory, steps),
            TinyLanguage.Options(workers) with { HistoryNoise = 0.2, CodebookWeights = [4, 2, 1, 1] });
        solver.Run(new Report(progress =>
        {
            if (progress.Step >= stopAfter)
            {
                cancellation.Cancel();
            }
        }), cancellation.Token);
        using var averaged = solver.Averaged();
        return [.. solver.Model.named_parameters().First(p => p.name == "linears.0.weight").parameter.data<float>()];
    }

    private sealed class Report(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        void IProgress<TrainingProgress>.Report(TrainingProgress value) => report(value);
    }
}
