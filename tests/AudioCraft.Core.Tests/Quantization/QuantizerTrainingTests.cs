using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Quantization;

[Collection(ProcessWideState.Name)]
public class QuantizerTrainingTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public QuantizerTrainingTests() => manual_seed(20261127);

    [Fact]
    public void Entries_follow_the_vectors_that_they_encode()
    {
        using var generator = new Generator(5);
        using var quantizer = new ResidualVectorQuantizer(dimension: 6, nQ: 1, bins: 16, decay: 0.8) { Generator = generator };
        using var centers = randn([16, 6], generator: generator).mul(4);
        double Step(double shift)
        {
            using var scope = NewDisposeScope();
            var rows = centers.index_select(0, randint(0, 16, [8 * 50], ScalarType.Int64, generator: generator)) + randn([8 * 50, 6], generator: generator).mul(0.05) + shift;
            using var result = quantizer.forward(rows.view(8, 50, 6).transpose(1, 2), 50);
            return result.Penalty!.item<float>();
        }

        Step(0);
        var settled = Enumerable.Range(0, 20).Select(_ => Step(0)).Last();
        var moved = Step(1);
        var last = Enumerable.Range(0, 40).Select(_ => Step(1)).Last();
        Assert.True(moved > settled + 0.5 && last < moved - 0.25, $"{settled}, then {moved}, became {last}");
    }

    [Fact]
    public void Dead_codes_are_replaced_by_vectors_of_the_batch_and_last_only_while_they_are_used()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 3, nQ: 1, bins: 8, kmeansInit: false, thresholdEmaDeadCode: 2);
        using var upstream = new ResidualVectorQuantizer(dimension: 3, nQ: 1, bins: 8, kmeansInit: false, thresholdEmaDeadCode: 2, upstreamLearning: true);
        using var batch = randn(1, 3, 40).add(5);
        foreach (var (trained, replaced) in new[] { (quantizer, true), (upstream, false) })
        {
            using var scope = NewDisposeScope();
            var before = Buffer(trained, "embed").clone();
            trained.forward(batch, 50).Dispose();
            var entries = Buffer(trained, "embed");
            var rows = batch.squeeze(0).t();
            var distances = cdist(entries, rows, 2, compute_mode.donot_use_mm_for_euclid_dist).amin([1]);
            Assert.Equal(replaced, distances.lt(1e-6).all().item<bool>());

            // Different vectors of the batch, weighted by the threshold.
            Assert.Equal(replaced, Buffer(trained, "cluster_size").eq(2).all().item<bool>());
            if (replaced)
            {
                Near.Equal(entries * 2, Buffer(trained, "embed_avg"), 1e-6);
                Assert.True((cdist(entries, entries) + eye(8)).gt(0).all().item<bool>());
                trained.forward(batch, 50).Dispose();
                Assert.True(Buffer(trained, "embed").isfinite().all().item<bool>());
            }
        }
    }

    [Fact]
    public void Threshold_of_zero_replaces_nothing_and_samples_nothing()
    {
        using var quantizer = new ResidualVectorQuantizer(
            3, new QuantizerConfig { NumCodebooks = 2, Cardinality = 4, KMeansInit = false, DeadCodeThreshold = 0 }, new RecordedSampler());
        using var batch = randn(2, 3, 5);
        quantizer.forward(batch, 50).Dispose();
    }

    [Fact]
    public void First_training_batch_initializes_the_entries_and_evaluation_never_does()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 3, nQ: 2, bins: 4);
        using var batch = randn(2, 3, 20);
        using var scope = NewDisposeScope();
        quantizer.eval();
        quantizer.forward(batch, 50).Dispose();
        Assert.Equal(0, Buffer(quantizer, "inited").item<float>());
        Assert.Equal(0, Buffer(quantizer, "embed").abs().max().item<float>());
        quantizer.train();
        quantizer.forward(batch, 50).Dispose();
        Assert.Equal(1, Buffer(quantizer, "inited").item<float>());
        Assert.NotEqual(0, Buffer(quantizer, "embed").abs().min().item<float>());
    }

    [Fact]
    public void Result_of_KMeans_survives_the_first_step_unless_UpstreamLearning_is_set()
    {
        foreach (var upstream in new[] { false, true })
        {
            using var quantizer = new ResidualVectorQuantizer(dimension: 3, nQ: 1, bins: 4, kmeansIters: 20, upstreamLearning: upstream);
            using var batch = randn(2, 3, 50).add(5);
            quantizer.forward(batch, 50).Dispose();
            var smallest = Buffer(quantizer, "embed").mean([1]).min().item<float>();
            Assert.True(upstream ? smallest < 1 : smallest > 2, $"{smallest}");
        }
    }

    [Fact]
    public void Fewer_vectors_than_entries_initialize_finite_entries()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 3, nQ: 2, bins: 32);
        using var batch = randn(1, 3, 5);
        quantizer.forward(batch, 50).Dispose();
        Assert.All(quantizer.state_dict().Values, b => Assert.True(b.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Same_seed_and_batches_give_the_same_codebooks_and_another_seed_others()
    {
        using var batch = randn(2, 4, 30);
        float[] Train(ulong seed)
        {
            using var generator = new Generator(seed);
            using var quantizer = new ResidualVectorQuantizer(dimension: 4, nQ: 3, bins: 8, qDropout: true, kmeansIters: 2) { Generator = generator };
            for (var step = 0; step < 3; step++)
            {
                quantizer.forward(batch, 50).Dispose();
            }

            return Buffer(quantizer, "embed").data<float>().ToArray();
        }

        var first = Train(1);
        Assert.Equal(first, Train(1));
        Assert.NotEqual(first, Train(2));
    }

    [Fact]
    public void Dropout_samples_every_number_of_codebooks_and_evaluation_uses_all()
    {
        using var generator = new Generator(3);
        using var quantizer = new ResidualVectorQuantizer(dimension: 2, nQ: 4, bins: 4, qDropout: true, kmeansInit: false) { Generator = generator };
        quantizer.SetNumCodebooks(3);
        using var batch = randn(1, 2, 4);
        var counts = new HashSet<long>();
        for (var step = 0; step < 60; step++)
        {
            using var result = quantizer.forward(batch, 50);
            counts.Add(result.Codes.size(1));
            Assert.Equal(result.Codes.size(1) * 2 * 50 / 1000.0, result.Bandwidth.item<float>(), 6);
        }

        Assert.Equal([1L, 2, 3], counts.Order());
        quantizer.eval();
        using var all = quantizer.forward(batch, 50);
        Assert.Equal(3, all.Codes.size(1));
    }

    [Fact]
    public void Orthogonal_regularization_includes_at_most_the_configured_entries()
    {
        var draws = new RecordedSampler();
        using var quantizer = new ResidualVectorQuantizer(
            3,
            new QuantizerConfig { NumCodebooks = 1, Cardinality = 8, KMeansInit = false, DeadCodeThreshold = 0, OrthogonalWeight = 0.5, OrthogonalMaxCodes = 2 },
            draws);
        using var scope = NewDisposeScope();
        using var chosen = tensor(new[] { 6L, 1 });
        draws.Add(chosen);
        using var batch = randn(1, 3, 9);
        var before = Buffer(quantizer, "embed").clone();
        var result = quantizer.forward(batch, 50);
        Assert.Equal(0, draws.Left);
        var rows = batch.squeeze(0).t();
        var commitment = (rows - before.index_select(0, result.Codes.view(-1))).pow(2).mean().item<float>();
        var two = Buffer(quantizer, "embed").index_select(0, chosen);
        var cosine = (two[0] * two[1]).sum().item<float>() / (two[0].norm().item<float>() * two[1].norm().item<float>());
        Assert.Equal(commitment + (0.5 * (2 * cosine * cosine) / 4), result.Penalty!.item<float>(), 4);
    }

    [Fact]
    public void Gradient_passes_straight_through_once()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 4, nQ: 3, bins: 8, kmeansInit: false);
        using var x = randn(2, 4, 6).requires_grad_();
        using (NewDisposeScope())
        {
            var result = quantizer.forward(x, 50);
            var weight = randn_like(result.X);
            (result.X * weight).sum().backward();
            Near.Equal(weight, x.grad!, 1e-6);
        }
    }

    [Fact]
    public void Training_steps_leave_only_their_results_alive()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 4, nQ: 3, bins: 8, qDropout: true, orthogonalRegWeight: 0.1, orthogonalRegActiveCodesOnly: true, orthogonalRegMaxCodes: 3);
        using var upstream = new ResidualVectorQuantizer(dimension: 4, nQ: 2, bins: 8, upstreamLearning: true);
        using var x = randn(2, 4, 20).requires_grad_();
        void Step(ResidualVectorQuantizer trained)
        {
            using var result = trained.forward(x, 50);
            using var loss = result.X.sum();
            using var all = loss + result.Penalty!;
            all.backward();
        }

        Step(upstream); // allocates the gradient of x
        x.grad!.Dispose();
        LiveTensors.NoneLeft(() =>
        {
            for (var step = 0; step < 3; step++)
            {
                Step(quantizer);
                Step(upstream);
            }
        });
        LiveTensors.Left(4, () => quantizer.forward(x, 50));
    }

    [Fact]
    public void Generator_of_another_device_and_vectors_of_another_size_are_rejected()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 4, nQ: 1, bins: 8);
        Assert.Null(quantizer.Generator);
        using var wide = randn(1, 5, 6);
        Assert.Contains("[1, 5, 6]", Assert.Throws<ArgumentException>(() => quantizer.forward(wide, 50)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(decay: 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(dimension: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(thresholdEmaDeadCode: double.NaN));
    }

    private static Tensor Buffer(ResidualVectorQuantizer quantizer, string name) => quantizer.state_dict()[$"vq.layers.0._codebook.{name}"];
}
