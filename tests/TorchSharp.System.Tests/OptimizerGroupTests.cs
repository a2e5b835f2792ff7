using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class OptimizerGroupTests : ScopedTest
{
    private const double Start = 2, Gradient = 3, Rate = 0.1;

    [Fact]
    public void Plain_descent_goes_against_the_gradient_and_momentum_carries_on()
    {
        Assert.Equal([Start - (Rate * Gradient), Start - (2 * Rate * Gradient)], Steps(parameters => optim.SGD(parameters, Rate)), Close);
        Assert.Equal(
            [Start - (Rate * Gradient), Start - (Rate * Gradient) - (Rate * (Gradient + (0.5 * Gradient)))],
            Steps(parameters => optim.SGD(parameters, Rate, momentum: 0.5)),
            Close);
    }

    [Fact]
    public void The_first_step_of_Adam_has_the_length_of_the_rate_and_AdamW_shrinks_the_weight_besides()
    {
        Assert.Equal([Start - Rate, Start - (2 * Rate)], Steps(parameters => optim.Adam(parameters, Rate)), Close);
        var shrunk = Start * (1 - (Rate * 0.5));
        Assert.Equal(
            [shrunk - Rate, ((shrunk - Rate) * (1 - (Rate * 0.5))) - Rate],
            Steps(parameters => optim.AdamW(parameters, Rate, weight_decay: 0.5, amsgrad: true)),
            Close);
    }

    [Fact]
    public void Groups_learn_at_rates_of_their_own_that_can_be_changed()
    {
        var (slow, fast) = (new Parameter(full([1], Start)), new Parameter(full([1], Start)));
        using var optimizer = optim.SGD([new SGD.ParamGroup([slow], Rate), new SGD.ParamGroup([fast], 2 * Rate)], Rate);
        ((slow + fast) * Gradient).sum().backward();

        optimizer.step();
        Equal(slow, [1], Start - (Rate * Gradient));
        Equal(fast, [1], Start - (2 * Rate * Gradient));
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = 0;
        }

        optimizer.step();
        Equal(slow, [1], Start - (Rate * Gradient));
        optimizer.zero_grad();
        Equal(slow.grad!, [1], 0);
    }

    [Fact]
    public void Learning_a_line_finds_it_and_leaves_nothing_behind()
    {
        var before = LiveTensors();
        using (var module = nn.Linear(1, 1))
        using (var optimizer = optim.AdamW(module.named_parameters(), 0.05))
        {
            for (var i = 0; i < 400; i++)
            {
                using var scope = NewDisposeScope();
                var x = randn(16, 1);
                optimizer.step(() =>
                {
                    optimizer.zero_grad();
                    var loss = nn.functional.mse_loss(module.call(x), (x * 3) - 1);
                    loss.backward();
                    return loss;
                });
            }

            Assert.Equal(3, module.weight.item<float>(), 0.05);
            Assert.Equal(-1, module.bias!.item<float>(), 0.05);
        }

        Assert.Equal(before, LiveTensors());
    }

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) < 1e-5;

    private static List<double> Steps(Func<IEnumerable<Parameter>, optim.Optimizer> make)
    {
        var parameter = new Parameter(full([1], Start));
        using var optimizer = make([parameter]);
        var places = new List<double>();
        for (var i = 0; i < 2; i++)
        {
            optimizer.zero_grad();
            (parameter * Gradient).sum().backward();
            optimizer.step();
            places.Add(parameter.item<float>());
        }

        return places;
    }
}
