using AudioCraft.Tests;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Optimization;

public class OptimizerTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    public void AdamW_matches_PyTorch(double decay)
    {
        using var mine = NewModule();
        using var theirs = NewModule();
        using var reference = optim.AdamW(theirs.parameters(), 0.01, 0.5, 0.9, 1e-8, decay);
        using var own = new AdamW(mine.named_parameters(), new AdamWOptions { LearningRate = 0.01, Beta1 = 0.5, Beta2 = 0.9, WeightDecay = decay });
        for (var step = 0; step < 5; step++)
        {
            using var x = (arange(12, dtype: ScalarType.Float32) * 0.1f).reshape(3, 4) + step;
            mine.forward(x).pow(2).mean().backward();
            own.Step();
            theirs.forward(x).pow(2).mean().backward();
            reference.step();
            reference.zero_grad();
        }

        foreach (var ((_, a), (_, b)) in mine.named_parameters().Zip(theirs.named_parameters()))
        {
            Near.Equal(b, a, 1e-6);
        }
    }

    [Fact]
    public void Clipping_scales_all_gradients_and_returns_the_norm()
    {
        using var module = NewModule();
        module.weight!.grad = full_like(module.weight, 3f);
        module.bias!.grad = full_like(module.bias, 4f);
        var expected = Math.Sqrt((8 * 9) + (2 * 16));
        Assert.Equal(expected, GradientClipping.ByNorm(module.parameters(), 1), 5);
        Assert.Equal(1.0, GradientClipping.ByNorm(module.parameters(), double.PositiveInfinity), 5);
        Assert.Equal(1.0, GradientClipping.ByNorm(module.parameters(), 2), 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.ByNorm(module.parameters(), 0));
    }

    [Fact]
    public void Optimizer_uses_its_schedule()
    {
        using var module = NewModule();
        using var own = new AdamW(module.named_parameters(), new AdamWOptions { LearningRate = 0.1, Schedule = new LinearWarmupSchedule(4) });
        using var before = module.weight!.detach().clone();
        module.forward(ones(1, 4)).sum().backward();
        own.Step();
        Near.Equal(before, module.weight!, 0);
        Assert.Equal(0.025, own.LearningRate, 12);
        Assert.Null(module.weight!.grad);
    }

    [Fact]
    public void Settings_out_of_range_are_rejected()
    {
        using var module = NewModule();
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamW(module.named_parameters(), new AdamWOptions { LearningRate = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamW(module.named_parameters(), new AdamWOptions { Beta2 = 1 }));
        Assert.Throws<ArgumentException>(() => new AdamW([]));
        Assert.Throws<ArgumentException>(() => new AdamW([("a", module.weight!), ("a", module.bias!)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightAverage(module, 1));
    }

    [Theory]
    [InlineData(true, new[] { 1.0, 1.5263157894736843, 2.0701107011070112 })]
    [InlineData(false, new[] { 0.1, 0.29, 0.561 })]
    public void Average_of_weights_has_the_published_values(bool unbiased, double[] expected)
    {
        using var module = NewModule();
        Fill(module, 0);
        using var average = new WeightAverage(module, 0.9, unbiased);
        for (var step = 0; step < expected.Length; step++)
        {
            Fill(module, step + 1);
            average.Update();
            Assert.Equal(expected[step], average.Weights["bias"][0].item<float>(), 5);
        }
    }

    [Fact]
    public void Swapped_averages_are_undone_exactly()
    {
        using var module = NewModule();
        using var average = new WeightAverage(module, 0.9);
        using var own = module.weight!.detach().clone();
        average.Update();
        Fill(module, 7);
        average.Update();
        using var mean = average.Weights["weight"].clone();
        using (average.Swap())
        {
            Near.Equal(mean, module.weight!, 0);
        }

        Assert.Equal(7f, module.weight![0, 0].item<float>());
        Near.Equal(mean, average.Weights["weight"], 0);
    }

    [Fact]
    public void Calls_leak_no_tensors()
    {
        LiveTensors.NoneLeftOfModules(() =>
        {
            using var module = NewModule();
            using var average = new WeightAverage(module, 0.9);
            using var own = new AdamW(module.named_parameters(), new AdamWOptions { MaximumNorm = 1 });
            for (var i = 0; i < 3; i++)
            {
                using var scope = NewDisposeScope();
                module.forward(ones(1, 4)).sum().backward();
                own.Step();
                average.Update();
                average.Swap().Dispose();
            }
        });
    }

    private static Linear NewModule()
    {
        var module = nn.Linear(4, 2);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        module.weight!.copy_((arange(8, dtype: ScalarType.Float32) * 0.1f).reshape(2, 4));
        module.bias!.fill_(0.5f);
        return module;
    }

    private static void Fill(Linear module, float value)
    {
        using var guard = no_grad();
        module.weight!.fill_(value);
        module.bias!.fill_(value);
    }
}
