using AudioCraft.Tests;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Losses;

public class BalancerTests
{
    [Fact]
    public void Shares_do_not_depend_on_the_scale_of_the_losses()
    {
        using var scope = NewDisposeScope();
        var balancer = new Balancer(new Dictionary<string, double> { ["small"] = 3, ["huge"] = 1 }, perBatchItem: false);
        var w = zeros(4).requires_grad_();
        var y = w * 1.0;

        // One loss affects the first half and the other the second half, so the gradient shows the share of each.
        balancer.Backward(new Dictionary<string, Tensor> { ["small"] = y.narrow(0, 0, 2).sum() * 1e-3, ["huge"] = y.narrow(0, 2, 2).sum() * 1e6 }, y);
        Assert.Equal(0.75, w.grad!.narrow(0, 0, 2).norm().item<float>(), 1e-5);
        Assert.Equal(0.25, w.grad!.narrow(0, 2, 2).norm().item<float>(), 1e-5);
    }

    [Fact]
    public void Losses_can_be_absent_in_some_steps()
    {
        using var scope = NewDisposeScope();
        var balancer = new Balancer(new Dictionary<string, double> { ["a"] = 1, ["b"] = 1 }, perBatchItem: false, monitor: true);
        double Step(params string[] names)
        {
            var w = ones(4).requires_grad_();
            var y = w * 1.0;
            balancer.Backward(names.ToDictionary(name => name, name => name == "a" ? y.sum() : y.square().sum()), y);
            return w.grad!.norm().item<float>();
        }

        Assert.Equal(1, Step("a", "b"), 1e-5);
        Assert.Equal(1, Step("a"), 1e-5);
        Assert.Equal(["ratio_a"], balancer.Metrics.Keys);
        Assert.Equal(1, Step("b", "a"), 1e-5);
    }

    [Fact]
    public void Restored_averages_continue_exactly()
    {
        using var scope = NewDisposeScope();
        Balancer Make() => new(new Dictionary<string, double> { ["a"] = 1, ["b"] = 2 });
        static float[] Step(Balancer balancer, float at)
        {
            var w = full([3, 2], at).requires_grad_();
            var y = w * 1.0;
            balancer.Backward(new Dictionary<string, Tensor> { ["a"] = y.square().sum(), ["b"] = y.exp().sum() }, y);
            return w.grad!.data<float>().ToArray();
        }

        var first = Make();
        Step(first, 1);
        var second = Make();
        second.RestoreNumbers(first.StateNumbers());
        Assert.Equal(Step(first, 2), Step(second, 2));
    }

    [Fact]
    public void Misuse_is_rejected_before_autograd_and_no_tensor_leaks()
    {
        using var scope = NewDisposeScope();
        var balancer = new Balancer(new Dictionary<string, double> { ["a"] = 1, ["none"] = 0 });
        var w = ones(2, 3).requires_grad_();
        var y = w * 1.0;
        Tensor Backward(string name, Tensor loss) => balancer.Backward(new Dictionary<string, Tensor> { [name] = loss }, y);
        Assert.Contains("'b'", Assert.Throws<ArgumentException>(() => Backward("b", y.sum())).Message, StringComparison.Ordinal);
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => Backward("a", y)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Backward("a", y.detach().sum()));
        Assert.Throws<ArgumentException>(() => Backward("a", ones(1).requires_grad_().sum()));
        Assert.Throws<ArgumentException>(() => Backward("none", y.sum()));
        Assert.Throws<ArgumentException>(() => new Balancer(new Dictionary<string, double> { ["a"] = -1 }));
        Backward("a", y.sum());
        var again = w * 1.0;
        var loss = new Dictionary<string, Tensor> { ["a"] = again.sum() };
        LiveTensors.Left(1, () => balancer.Backward(loss, again));
    }
}
