using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Tests.Kernels;

[Collection(ProcessWideState.Name)]
public class MatrixProductTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public MatrixProductTests() => manual_seed(20261127);

    [Theory]
    [InlineData(1, 7, 3)]
    [InlineData(1, 64, 5)]
    [InlineData(2, 1536, 6)]
    [InlineData(3, 1000, 129)]
    [InlineData(4, 33, 1)]
    [InlineData(5, 300, 1027)]
    [InlineData(8, 513, 700)]
    [InlineData(9, 65, 66)]
    [InlineData(2, 6144, 9)]
    [InlineData(3, 2567, 14)]
    public void Products_of_all_sizes_match_libtorch(int rows, int width, int outputs)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var generator = new Generator(3);
        var (x, weight, bias) = (randn(1, rows, width, generator: generator), randn(outputs, width, generator: generator), randn(outputs, generator: generator));
        var exact = functional.linear(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64));
        Near.Equal(exact, MatrixProduct.Linear(x, weight, bias), 1e-6);
        Near.Equal(exact - bias, MatrixProduct.Linear(x, weight, null), 1e-6);
    }

    [Fact]
    public void Products_of_non_contiguous_views_are_correct()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var generator = new Generator(4);
        var x = randn(48, 2, generator: generator).t();
        var packed = randn(30, 48, generator: generator);
        Near.Equal(functional.linear(x, packed.narrow(0, 10, 10)), MatrixProduct.Linear(x, packed.narrow(0, 10, 10), null), 1e-6);
        var across = randn(48, 20, generator: generator).t();
        Near.Equal(functional.linear(x, across), MatrixProduct.Linear(x, across, null), 1e-6);
    }

    [Fact]
    public void Other_types_and_gradients_use_libtorch()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (ones(1, 4, dtype: ScalarType.Float64), ones(3, 4, dtype: ScalarType.Float64));
        using (no_grad())
        {
            Assert.Equal(ScalarType.Float64, MatrixProduct.Linear(x, weight, null).dtype);
        }

        var learned = ones(3, 4, requires_grad: true);
        MatrixProduct.Linear(ones(1, 4), learned, null).sum().backward();
        Exactly.Equal(ones(3, 4), learned.grad!);
    }

    [Fact]
    public void Concurrent_products_are_correct_and_leak_no_tensors()
    {
        using var weight = arange(512 * 256, dtype: ScalarType.Float32).reshape(512, 256).remainder(7);
        using var x = ones(2, 256);
        using var guard = no_grad();
        using var expected = functional.linear(x, weight);
        LiveTensors.NoneLeft(() =>
        {
            var wrong = 0;
            Parallel.For(0, 8, _ =>
            {
                using var noGradient = no_grad();
                for (var i = 0; i < 200; i++)
                {
                    using var scope = NewDisposeScope();
                    Interlocked.Add(ref wrong, MatrixProduct.Linear(x, weight, null).ne(expected).sum().item<long>() > 0 ? 1 : 0);
                }
            });
            Assert.Equal(0, wrong);
        });
    }
}
