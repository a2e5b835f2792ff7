using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class OptimizerTests : ScopedTest
{
    [Fact]
    public void Adams_first_step_is_the_learning_rate_against_the_sign_of_the_gradient()
    {
        using var parameter = new Modules.Parameter(tensor(new float[] { 1, -2, 3 }));
        using var adam = optim.Adam([parameter], lr: 0.1);
        (parameter * tensor(new float[] { 4, -0.5f, 0 })).sum().backward();
        adam.step();
        Assert.Equal([0.9f, -1.9f, 3f], parameter.detach().data<float>().ToArray().Select(v => MathF.Round(v, 5)));
        adam.zero_grad();
        Assert.Equal([0f, 0f, 0f], parameter.grad!.data<float>().ToArray());
    }

    [Theory]
    [InlineData(0.0, false)]
    [InlineData(0.1, false)]
    [InlineData(0.0, true)]
    public void Adams_steps_follow_the_published_formulas(double weightDecay, bool amsgrad)
    {
        const double lr = 0.05, beta1 = 0.8, beta2 = 0.95, eps = 1e-8;
        using var parameter = new Modules.Parameter(tensor(new[] { 1.5 }));
        using var adam = optim.Adam([parameter], lr, beta1, beta2, eps, weightDecay, amsgrad);
        var (expected, mean, square, greatest) = (1.5, 0.0, 0.0, 0.0);
        for (var step = 1; step <= 5; step++)
        {
            adam.zero_grad();
            parameter.pow(2).mul(step == 2 ? 5 : 1).sum().backward();
            adam.step();

            var gradient = (2 * expected * (step == 2 ? 5 : 1)) + (weightDecay * expected);
            mean = (beta1 * mean) + ((1 - beta1) * gradient);
            square = (beta2 * square) + ((1 - beta2) * gradient * gradient);
            greatest = Math.Max(greatest, square);
            var root = Math.Sqrt((amsgrad ? greatest : square) / (1 - Math.Pow(beta2, step)));
            expected -= lr * mean / (1 - Math.Pow(beta1, step)) / (root + eps);
            Assert.Equal(expected, parameter.item<double>(), 9);
        }
    }

    [Fact]
    public void Parameters_without_a_gradient_stay_and_a_disposed_optimizer_leaves_nothing()
    {
        using var parameter = new Modules.Parameter(ones(2));
        var before = Tensor.TotalCount;
        using (var adam = optim.Adam([parameter], amsgrad: true))
        {
            adam.step();
            Assert.Equal([1f, 1f], parameter.detach().data<float>().ToArray());
            Assert.Same(parameter, Assert.Single(adam.parameters()));
        }

        Assert.Throws<ArgumentException>(() => optim.Adam([parameter], lr: -1));
        Assert.True(Tensor.TotalCount <= before + 1);
    }
}
