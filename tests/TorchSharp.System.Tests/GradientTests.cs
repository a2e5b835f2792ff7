using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class GradientTests : ScopedTest
{
    [Fact]
    public void A_small_expression_has_the_derivative_worked_out_by_hand()
    {
        var x = Floats([2], 1, 2).requires_grad_();
        var y = (x * x * 3 + x.sin()).sum();

        y.backward();

        Equal(x.grad!, [2], 6 + Math.Cos(1), 12 + Math.Cos(2));
        (x * 2).sum().backward();
        Equal(x.grad!, [2], 8 + Math.Cos(1), 14 + Math.Cos(2));
        x.grad = null;
        Assert.Null(x.grad);
        Assert.True(x.is_leaf);
        Assert.False(y.is_leaf);
        Assert.False(x.detach().requires_grad);
    }

    [Fact]
    public void Gradients_without_accumulation_and_of_gradients()
    {
        var x = tensor(3.0, requires_grad: true);
        var first = autograd.grad([x.pow(3)], [x], create_graph: true)[0];
        var second = autograd.grad([first], [x])[0];

        Assert.Equal(27, first.item<double>(), 9);
        Assert.Equal(18, second.item<double>(), 9);
        Assert.Null(x.grad);
        Assert.Throws<ExternalException>(() => autograd.grad([tensor(1.0, requires_grad: true) * 2], [x]));
        Assert.Null(autograd.grad([tensor(1.0, requires_grad: true) * 2], [x], allow_unused: true)[0]);
    }

    [Fact]
    public void Layers_have_the_gradients_of_differences()
    {
        manual_seed(1);
        using var module = nn.Sequential(nn.Conv1d(2, 3, 3, padding: 1), nn.ELU(), nn.Conv1d(3, 1, 2)).to(ScalarType.Float64);
        var x = randn([1, 2, 6], ScalarType.Float64).requires_grad_();
        module.call(x).pow(2).sum().backward();
        const double Step = 1e-6;
        for (var i = 0; i < 6; i++)
        {
            using var guard = no_grad();
            double At(double shift)
            {
                var moved = x.detach().clone();
                moved[0, 1, i] = moved[0, 1, i] + shift;
                return module.call(moved).pow(2).sum().item<double>();
            }

            Assert.Equal((At(Step) - At(-Step)) / (2 * Step), x.grad![0, 1, i].item<double>(), 5);
        }
    }

    [Fact]
    public void Modes_belong_to_their_thread_and_nest()
    {
        Assert.True(is_grad_enabled());
        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            Assert.True(OnAnotherThread(is_grad_enabled));
            using (enable_grad())
            {
                Assert.True(is_grad_enabled());
            }

            using (set_grad_enabled(true))
            {
                Assert.True((ones(1).requires_grad_() * 2).requires_grad);
            }

            Assert.False((ones(1).requires_grad_() * 2).requires_grad);
        }

        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void Inference_mode_is_left_where_it_was_entered_the_innermost_first()
    {
        var outer = inference_mode();
        Assert.True(is_inference_mode_enabled());
        Assert.False(is_grad_enabled());
        Assert.False(OnAnotherThread(is_inference_mode_enabled));
        var inner = inference_mode(false);
        Assert.False(is_inference_mode_enabled());
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        Assert.True(OnAnotherThread(() => Record.Exception(inner.Dispose) is InvalidOperationException));
        inner.Dispose();
        inner.Dispose();
        Assert.True(is_inference_mode_enabled());
        outer.Dispose();
        Assert.False(is_inference_mode_enabled());
        Assert.True(is_grad_enabled());
    }

    private static bool OnAnotherThread(Func<bool> ask)
    {
        var answer = false;
        var thread = new Thread(() => answer = ask());
        thread.Start();
        thread.Join();
        return answer;
    }
}
