using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Kernels;

[Collection(ProcessWideState.Name)]
public unsafe class WeightMatrixTests
{
    [Theory]
    [InlineData(ModelPrecision.BFloat16, 1, 64, 5)]
    [InlineData(ModelPrecision.BFloat16, 2, 1536, 33)]
    [InlineData(ModelPrecision.BFloat16, 3, 77, 129)]
    [InlineData(ModelPrecision.BFloat16, 8, 33, 7)]
    [InlineData(ModelPrecision.BFloat16, 70, 40, 7)]
    [InlineData(ModelPrecision.BFloat16, 2, 4096, 11)]
    [InlineData(ModelPrecision.BFloat16, 3, 2570, 6)]
    [InlineData(ModelPrecision.Int8, 1, 64, 5)]
    [InlineData(ModelPrecision.Int8, 2, 1536, 33)]
    [InlineData(ModelPrecision.Int8, 3, 300, 129)]
    [InlineData(ModelPrecision.Int8, 8, 128, 1)]
    [InlineData(ModelPrecision.Int8, 17, 40, 7)]
    [InlineData(ModelPrecision.Int8, 70, 40, 7)]
    public void Packed_product_matches_the_rounded_weights(ModelPrecision precision, int rows, int width, int outputs)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(width);
        var (x, weight, bias) = (randn(1, rows, width), randn(outputs, width), randn(outputs));
        using var matrix = WeightMatrix.Pack(weight, precision);
        var rounded = Unpacked(matrix);
        var parameter = new TorchSharp.Modules.Parameter(weight.clone());
        using var packed = new PackableWeight(() => parameter);
        packed.Pack(precision);
        var exact = nn.functional.linear(x.@double(), rounded.@double(), bias.@double());
        
        // Activations are rounded to int16 for int8 weights, a hundredth of the weights' rounding error.
        var noise = precision == ModelPrecision.Int8 ? 3e-4 : 2e-6;
        Near.Equal(exact.@float(), packed.Linear(x, bias), noise);
        Near.Equal((exact - bias).narrow(2, outputs / 2, outputs - (outputs / 2)).@float(), packed.Linear(x, null, outputs / 2, outputs - (outputs / 2)), noise);
        Assert.Equal(0, parameter.numel());
    }

    [Fact]
    public void Weights_are_rounded_to_nearest()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(3);
        var weight = randn(20, 300);
        using var half = WeightMatrix.Pack(weight, ModelPrecision.BFloat16);
        Exactly.Equal(weight.to(ScalarType.BFloat16).@float(), Unpacked(half));

        using var small = WeightMatrix.Pack(weight, ModelPrecision.Int8);
        var groups = cat([weight, zeros(20, 84)], 1).view(20, 3, 128);
        var step = groups.abs().amax([2], keepdim: true) / 127;
        var apart = ((cat([Unpacked(small), zeros(20, 84)], 1).view(20, 3, 128) - groups).abs() / step).max().item<float>();
        Assert.InRange(apart, 0, 0.5001f);
    }

    [Fact]
    public void Zeros_remain_zeros()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var precision in new[] { ModelPrecision.BFloat16, ModelPrecision.Int8 })
        {
            using var packed = new PackableWeight(Fixed(new TorchSharp.Modules.Parameter(zeros(3, 10))));
            packed.Pack(precision);
            Exactly.Equal(zeros(2, 3), packed.Linear(randn(2, 10), null));
            using var other = new PackableWeight(Fixed(new TorchSharp.Modules.Parameter(ones(3, 10))));
            other.Pack(precision);
            Exactly.Equal(zeros(2, 3), other.Linear(zeros(2, 10), null));
        }
    }

    [Fact]
    public void Packing_twice_or_other_types_throws()
    {
        using var scope = NewDisposeScope();
        using var packed = new PackableWeight(Fixed(new TorchSharp.Modules.Parameter(ones(3, 10))));
        packed.Pack(ModelPrecision.Int8);
        Assert.Throws<InvalidOperationException>(() => packed.Pack(ModelPrecision.Int8));
        using var other = new PackableWeight(Fixed(new TorchSharp.Modules.Parameter(ones(3, 10, dtype: ScalarType.Float64))));
        Assert.Throws<InvalidOperationException>(() => other.Pack(ModelPrecision.BFloat16));
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightMatrix.Pack(ones(3, 10), ModelPrecision.Float32));
    }

    [Fact]
    public void Vectorized_operations_match_libtorch()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(5);
        foreach (var count in new[] { 1, 7, 8, 100, 1003 })
        {
            var x = randn(count) * 3;
            var values = x.data<float>().ToArray();
            VectorMath.Gelu(values);
            Near.Equal(nn.functional.gelu(x), tensor(values), 5e-7);
            values = x.data<float>().ToArray();
            VectorMath.Relu(values);
            Exactly.Equal(nn.functional.relu(x), tensor(values));
            Assert.Equal(x.abs().max().item<float>(), VectorMath.LargestMagnitude(x.data<float>().ToArray()));
            var (weight, bias) = (randn(count), randn(count));
            var normalized = empty(count);
            VectorMath.LayerNorm(Data(x), Data(weight), Data(bias), Data(normalized), count, 1e-5f);
            if (count > 1)
            {
                Near.Equal(nn.functional.layer_norm(x, [count], weight, bias, 1e-5), normalized, 2e-6);
            }
        }
    }

    private static Func<TorchSharp.Modules.Parameter> Fixed(TorchSharp.Modules.Parameter parameter) => () => parameter;

    private static float* Data(Tensor tensor) => TensorMemory.Float32(tensor);

    private static Tensor Unpacked(WeightMatrix matrix)
    {
        var all = empty(matrix.Outputs, matrix.Inputs);
        matrix.Unpack(Data(all), 0, matrix.Outputs);
        return all;
    }
}
