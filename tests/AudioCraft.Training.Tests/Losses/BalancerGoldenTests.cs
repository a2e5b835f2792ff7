using AudioCraft.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Losses;

/// <summary>The balancer compared with upstream's results in tests/golden/balancer.</summary>
public class BalancerGoldenTests
{
    private const string Case = "balancer";

    [Fact]
    public void Effective_losses_gradients_and_ratios_match_upstream()
    {
        using var json = Golden.Config(Case);
        using var io = Golden.Tensors(Case);
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().ToList();
        for (var c = 0; c < cases.Count; c++)
        {
            var a = new Arguments(cases[c].GetProperty("kwargs"));
            var balancer = new Balancer(
                a["weights"].EnumerateObject().ToDictionary(weight => weight.Name, weight => weight.Value.GetDouble()), a.Flag("balance_grads", true),
                a.Number("total_norm", 1), a.Number("ema_decay", 0.999), a.Flag("per_batch_item", true), a.Number("epsilon", 1e-12), a.Flag("monitor", false));
            var metrics = cases[c].GetProperty("metrics").EnumerateArray().ToList();
            for (var step = 0; step < metrics.Count; step++)
            {
                using var scope = NewDisposeScope();
                var prefix = $"b{c}/step{step}";
                var w = io.Read($"{prefix}/w").requires_grad_();
                var y = (w * 2.0) + 0.1;
                var effective = balancer.Backward(Losses(y, io.Read($"{prefix}/t")), y);
                Near.Equal(io.Read($"{prefix}/effective_loss"), effective, 1e-6);
                Near.Equal(io.Read($"{prefix}/grad_w"), w.grad!, 1e-6);
                foreach (var ratio in metrics[step].EnumerateObject())
                {
                    Assert.Equal(ratio.Value.GetDouble(), balancer.Metrics[ratio.Name], 1e-6);
                }
            }
        }
    }

    private static Dictionary<string, Tensor> Losses(Tensor y, Tensor t) => new()
    {
        ["a"] = (y - t).abs().mean(),
        ["b"] = (y - t).square().mean(),
        ["c"] = y.tanh().square().sum(),
    };
}
