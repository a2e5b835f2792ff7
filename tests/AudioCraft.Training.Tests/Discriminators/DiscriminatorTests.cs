using AudioCraft.Codecs;
using AudioCraft.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Discriminators;

public class DiscriminatorTests
{
    private static readonly Dictionary<string, Func<ActivationConfig?, MultiDiscriminator>> Discriminators = new()
    {
        ["stft"] = activation => new MultiScaleSTFTDiscriminator(4, nFfts: [64, 32], hopLengths: [16, 8], winLengths: [64, 20], activation: activation),
        ["stft, growing"] = activation => new MultiScaleSTFTDiscriminator(2, nFfts: [512], hopLengths: [128], winLengths: [512], filtersScale: 2, maxFilters: 6, activation: activation),
        ["stft, spectral"] = activation => new MultiScaleSTFTDiscriminator(2, nFfts: [64], hopLengths: [16], winLengths: [64], norm: DiscriminatorNorm.SpectralNorm, activation: activation),
        ["stft, group"] = activation => new MultiScaleSTFTDiscriminator(2, nFfts: [64], hopLengths: [16], winLengths: [64], norm: DiscriminatorNorm.TimeGroupNorm, activation: activation),
        ["periods"] = activation => new MultiPeriodDiscriminator(periods: [2, 7], nLayers: 3, filters: 2, filtersScale: 2, activation: activation),
        ["scales"] = activation => new MultiScaleDiscriminator(filters: 4, maxFilters: 16, downsampleScales: [2, 4], activation: activation),
        ["scales, plain"] = activation => new MultiScaleDiscriminator(
            scaleNorms: [DiscriminatorNorm.None, DiscriminatorNorm.SpectralNorm], filters: 4, maxFilters: 16, downsampleScales: [4], groups: [2], activation: activation),
    };

    public static TheoryData<string> Names() => [.. Discriminators.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_of_input_and_parameters_match_finite_differences(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);

        // A smooth activation: finite differences are wrong at a kink.
        using var model = Discriminators[name](new ActivationConfig("SiLU"));
        model.to(ScalarType.Float64);
        var x = randn(2, 1, 640, dtype: ScalarType.Float64).requires_grad_();
        for (var i = 0; i < 20; i++)
        {
            // The first estimates of spectral norm are too small.
            using var ignored = model.forward(x);
        }

        model.eval();

        // Weighted, because the mean square of normalized logits is 1 for any parameters.
        var weights = model.forward(x).Logits.Select(logits => rand_like(logits).detach()).ToList();
        Tensor Value() => stack(model.forward(x).Logits.Zip(weights, (logits, weight) => (logits * weight).square().mean())).sum();
        Value().backward();
        foreach (var (label, leaf) in model.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Append(("x", x)))
        {
            using var guard = no_grad();
            var direction = randn_like(leaf);
            const double Step = 1e-6;
            leaf.add_(direction * Step);
            var above = Value();
            leaf.sub_(direction * (2 * Step));
            var below = Value();
            leaf.add_(direction * Step);
            var (slope, gradient) = (((above - below) / (2 * Step)).item<double>(), (leaf.grad! * direction).sum().item<double>());
            Assert.True(Math.Abs(slope - gradient) < (1e-5 * Math.Abs(slope)) + 1e-8, $"{label}: slope {slope}, gradient {gradient}");
        }
    }

    [Fact]
    public void New_group_norm_has_scale_1_and_shift_0()
    {
        using var scope = NewDisposeScope();
        for (var size = 1; size <= 8; size++)
        {
            // Leaves freed memory with values other than 0 and 1.
            full(size, 7.5f).Dispose();
        }

        using var model = Discriminators["stft, group"](null);
        var norms = model.named_parameters().Where(p => p.name.Contains(".norm.", StringComparison.Ordinal)).ToList();
        Assert.Equal(10, norms.Count);
        Assert.All(norms, p => Exactly.Equal(full_like(p.parameter, p.name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0), p.parameter));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Minimum_length_is_accepted_a_shorter_one_rejected_and_no_tensor_leaks(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Discriminators[name](null);
        using var shortest = randn(1, 1, model.MinSamples);
        var left = 0;
        using (var output = model.forward(shortest))
        {
            Assert.All(output.Logits, logits => Assert.True(logits.numel() > 0));
            left = output.Logits.Count + output.FeatureMaps.Sum(maps => maps.Count);
        }

        LiveTensors.Left(left, () => model.forward(shortest));
        LiveTensors.NoneLeft(() => model.forward(shortest).Dispose());
        if (model.MinSamples > 1)
        {
            Assert.Throws<ArgumentException>(() => model.forward(zeros(1, 1, model.MinSamples - 1)));
        }

        Assert.Throws<ArgumentException>(() => model.forward(zeros(1, 2, 1000)));
        Assert.Throws<ArgumentException>(() => model.forward(zeros(1000)));
    }

    [Fact]
    public void Spectral_norm_updates_its_vectors_in_training_only()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var weight = new SpectralNormWeight([6, 2, 5]);
        var state = weight.state_dict();
        Assert.Equal(["bias", "weight_orig", "weight_u", "weight_v"], state.Keys.Order());
        using var guard = no_grad();
        weight.eval();
        var before = state["weight_u"].clone();
        weight.Weight();
        Exactly.Equal(before, state["weight_u"]);
        weight.train();
        for (var i = 0; i < 200; i++)
        {
            weight.Weight();
        }

        // The largest singular value of the result is 1: W Wᵀ − I has no positive eigenvalue, and one eigenvalue of 0.
        var matrix = weight.Weight().reshape(6, -1);
        var direction = randn(6);
        for (var i = 0; i < 500; i++)
        {
            direction = matrix.mv(matrix.t().mv(direction));
            direction /= direction.norm();
        }

        Assert.Equal(1, matrix.t().mv(direction).norm().item<float>(), 1e-3);
    }

    [Fact]
    public void Scales_use_downsampled_audio_and_upstream_scales_the_original()
    {
        using var scope = NewDisposeScope();
        using var ours = new MultiScaleDiscriminator(filters: 4, downsampleScales: [2]);
        using var upstreams = new MultiScaleDiscriminator(filters: 4, downsampleScales: [2], upstreamScales: true);
        using var x = randn(1, 1, 400);
        Assert.Equal([200, 101, 51], ours.forward(x).Logits.Select(logits => logits.size(2)));
        Assert.Equal([200, 200, 200], upstreams.forward(x).Logits.Select(logits => logits.size(2)));
    }

    [Fact]
    public void Separate_channels_equal_separate_items()
    {
        using var scope = NewDisposeScope();
        using var model = new MultiScaleSTFTDiscriminator(2, sepChannels: true, nFfts: [64], hopLengths: [16], winLengths: [64]);
        using var stereo = randn(3, 2, 200);
        using var both = model.forward(stereo);
        using var right = model.forward(stereo.narrow(0, 2, 1).narrow(1, 1, 1).contiguous());
        Assert.Equal(6, both.Logits[0].size(0));
        Near.Equal(right.Logits[0], both.Logits[0].narrow(0, 5, 1), 1e-5);
    }

    [Fact]
    public void Discriminator_learns_to_distinguish_noise_from_tones()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        using var model = new MultiScaleSTFTDiscriminator(4, nFfts: [64], hopLengths: [16], winLengths: [64]);
        using var optimizer = new AdamW(model.named_parameters().Select(p => (p.name, p.parameter)), new AdamWOptions { LearningRate = 1e-2 });
        using var features = new FeatureMatchingLoss(new L2Loss());
        var loss = new AdversarialLoss(model, optimizer, featureLoss: features);
        var tones = (arange(400, ScalarType.Float32) * 0.3f).sin().view(1, 1, 400);
        var noise = randn(1, 1, 400);
        var first = loss.TrainAdversary(noise, tones).item<float>();
        for (var i = 0; i < 60; i++)
        {
            loss.TrainAdversary(noise, tones);
        }

        Assert.Equal(2, first, 0.5);
        Assert.True(loss.TrainAdversary(noise, tones).item<float>() < 0.1);

        // The generator's loss is high for noise and low for tones.
        Assert.True(loss.forward(noise, tones).Adversarial.item<float>() > 0.9);
        Assert.True(loss.forward(tones, tones).Adversarial.item<float>() < -0.9);
        Assert.Equal(0, loss.forward(tones, tones).Features.item<float>());
        var state = new[] { loss.state_dict().Keys.First() };
        Assert.StartsWith("adversary.discriminators.0.", state[0], StringComparison.Ordinal);
        LiveTensors.Left(1, () => loss.TrainAdversary(noise, tones));
        LiveTensors.Left(2, () => loss.forward(noise, tones));
    }

    [Fact]
    public void Invalid_layers_are_rejected_by_the_constructor()
    {
        Assert.Throws<ArgumentException>(() => new MultiScaleSTFTDiscriminator(4, nFfts: [64], hopLengths: [16, 8]));
        Assert.Throws<ArgumentException>(() => new MultiScaleDiscriminator(kernelSizes: [4, 3]));
        Assert.Throws<ArgumentException>(() => new MultiScaleDiscriminator(downsampleScales: [4, 4], groups: [4]));
        Assert.Throws<ArgumentException>(() => new MultiScaleDiscriminator(filters: 6, downsampleScales: [2], groups: [4]));
        Assert.Throws<ArgumentException>(() => new MultiPeriodDiscriminator(periods: []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MultiPeriodDiscriminator(periods: [0]));
    }
}
