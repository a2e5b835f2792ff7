using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class TimeGroupNormTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public TimeGroupNormTests() => manual_seed(20261127);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 3, 7)]
    [InlineData(2, 32, 4801)]
    [InlineData(3, 5, 64)]
    public void TimeGroupNorm_matches_libtorchs_group_norm(int batch, int channels, int steps)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var norm = new TimeGroupNorm(channels, 1e-5);
        foreach (var (name, parameter) in norm.named_parameters())
        {
            using var noGradient = no_grad();
            parameter.copy_(randn(channels, generator: generator) + (name == "weight" ? 1 : 0));
        }

        // Far from zero, where computing the variance from a sum of squares loses precision.
        var x = (randn(batch, channels, steps, generator: generator) * 0.5) + 30;
        var state = norm.state_dict();
        var expected = functional.group_norm(x.to(ScalarType.Float64), 1, state["weight"].to(ScalarType.Float64), state["bias"].to(ScalarType.Float64), 1e-5);
        using (no_grad())
        {
            Near.Equal(expected, norm.forward(x), 2e-5);
            Near.Equal(expected, norm.forward(x.transpose(1, 2).contiguous().transpose(1, 2)), 2e-5);
        }

        Assert.True(norm.forward(x).requires_grad);
        norm.Dispose();
    }

    [Fact]
    public void TimeGroupNorm_leaves_only_its_result_alive()
    {
        using var norm = new TimeGroupNorm(4, 1e-5);
        using var x = ones(1, 4, 100);
        using var guard = no_grad();
        LiveTensors.NoneLeft(() => norm.forward(x).Dispose());
    }
}
