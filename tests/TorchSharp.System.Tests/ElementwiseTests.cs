using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class ElementwiseTests : ScopedTest
{
    private static readonly float[] Numbers = [-2.5f, -0.5f, 0.25f, 1f, 3f];

    public static TheoryData<string, Func<Tensor, Tensor>, Func<double, double>> Functions => new()
    {
        { "abs", x => x.abs(), Math.Abs },
        { "neg", x => -x, x => -x },
        { "exp", x => x.exp(), Math.Exp },
        { "sin", x => x.sin(), Math.Sin },
        { "cos", x => x.cos(), Math.Cos },
        { "tanh", x => x.tanh(), Math.Tanh },
        { "floor", x => x.floor(), Math.Floor },
        { "ceil", x => x.ceil(), Math.Ceiling },
        { "round to even", x => x.round(), x => Math.Round(x, MidpointRounding.ToEven) },
        { "square", x => x.square(), x => x * x },
        { "sign", x => x.sign(), x => Math.Sign(x) },
        { "reciprocal", x => x.reciprocal(), x => 1 / x },
        { "sqrt", x => x.abs().sqrt(), x => Math.Sqrt(Math.Abs(x)) },
        { "rsqrt", x => x.abs().rsqrt(), x => 1 / Math.Sqrt(Math.Abs(x)) },
        { "log", x => x.abs().log(), x => Math.Log(Math.Abs(x)) },
        { "log2", x => x.abs().log2(), x => Math.Log2(Math.Abs(x)) },
        { "log1p", x => x.abs().log1p(), x => Math.Log(1 + Math.Abs(x)) },
        { "sigmoid", x => x.sigmoid(), x => 1 / (1 + Math.Exp(-x)) },
        { "relu", x => x.relu(), x => Math.Max(x, 0) },
        { "elu", x => x.elu(0.5), x => x > 0 ? x : 0.5 * (Math.Exp(x) - 1) },
        { "silu", x => x.silu(), x => x / (1 + Math.Exp(-x)) },
        { "leaky relu", x => x.leaky_relu(0.1), x => x > 0 ? x : 0.1 * x },
        { "softplus", x => x.softplus(), x => Math.Log(1 + Math.Exp(x)) },
        { "pow", x => x.abs().pow(1.5), x => Math.Pow(Math.Abs(x), 1.5) },
        { "clamp", x => x.clamp(-1, 2), x => Math.Clamp(x, -1, 2) },
        { "number minus", x => 3 - x, x => 3 - x },
        { "number over", x => 2.0 / x, x => 2 / x },
        { "times number", x => x * 0.5, x => x * 0.5 },
        { "plus whole number", x => x + 2, x => x + 2 },
        { "remainder has the divisor's sign", x => x % 2, x => x - (2 * Math.Floor(x / 2)) },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions_of_one_number_equal_those_of_NET(string name, Func<Tensor, Tensor> function, Func<double, double> expected)
    {
        Assert.NotEmpty(name);
        Equal(function(tensor(Numbers)), [5], Numbers.Select(x => expected(x)).ToArray());
    }

    [Fact]
    public void Gelu_is_x_times_the_normal_distribution_function() =>
        Equal(tensor(new[] { -1f, 0f, 1f, 2f }).gelu(), [4], -0.15865526, 0, 0.84134474, 1.95449974);

    [Fact]
    public void Operators_take_tensors_of_different_shapes_and_broadcast()
    {
        var column = Floats([2, 1], 1, 2);
        var row = Floats([3], 10, 20, 30);

        Equal(column + row, [2, 3], 11, 21, 31, 12, 22, 32);
        Equal(column * row, [2, 3], 10, 20, 30, 20, 40, 60);
        Equal(row - column, [2, 3], 9, 19, 29, 8, 18, 28);
        Equal(row / column, [2, 3], 10, 20, 30, 5, 10, 15);
        Equal(row.add(column, 2), [2, 3], 12, 22, 32, 14, 24, 34);
    }

    [Fact]
    public void In_place_operations_change_and_return_the_same_object()
    {
        var x = Floats([3], 1, 2, 3);

        Assert.Same(x, x.add_(1).mul_(2).sub_(1).div_(2));
        Equal(x, [3], 1.5, 2.5, 3.5);
        Assert.Same(x, x.fill_(4).clamp_(max: 3));
        Equal(x, [3], 3, 3, 3);
        x.zero_().Dispose();
        Equal(x, [3], 0, 0, 0);
    }

    [Fact]
    public void Division_rounds_as_it_is_told()
    {
        var x = tensor(new[] { 7L, -7L });

        Equal(x.div(2), [2], 3.5, -3.5);
        Equal(x.div(2, RoundingMode.trunc), [2], 3, -3);
        Equal(x.div(2, RoundingMode.floor), [2], 3, -4);
        Equal(x.floor_divide(tensor(2L)), [2], 3, -4);
    }

    [Fact]
    public void Comparisons_and_logic_give_truth_values()
    {
        var a = Floats([4], 1, 2, 3, float.NaN);
        var b = Floats([4], 3, 2, 1, 0);

        Assert.Equal([true, false, false, false], (a < b).data<bool>().ToArray());
        Assert.Equal([false, true, false, false], (a == b).data<bool>().ToArray());
        Assert.Equal([false, true, true, false], (a >= 2).data<bool>().ToArray());
        Assert.Equal([true, true, true, false], a.isfinite().data<bool>().ToArray());
        Assert.Equal([false, false, true, false], ((a > b) & ~a.isnan()).data<bool>().ToArray());
        Assert.Equal([true, false, true, true], (a != b).data<bool>().ToArray());
        Equal(maximum(a, b), [4], 3, 2, 3, double.NaN);
        Equal(where(a > b, a, b), [4], 3, 2, 3, 0);
        Equal(b.where(a.isnan(), a), [4], 1, 2, 3, 0);
        Assert.True(b.Equals(b.clone()));
        Assert.True(b.allclose(b + 1e-9));
        Assert.False(b.allclose(b + 1));
    }

    [Fact]
    public void Types_follow_PyTorchs_rules_of_promotion()
    {
        Assert.Equal(ScalarType.Int64, (tensor(1L) + tensor(2)).dtype);
        Assert.Equal(ScalarType.Float32, (tensor(1L) + tensor(2f)).dtype);
        Assert.Equal(ScalarType.Float32, (tensor(new[] { 1f }) * 2.0).dtype);
        Assert.Equal(ScalarType.Float64, tensor(1.5).dtype);
        Assert.Equal(ScalarType.Float32, (tensor(new[] { 1L }) * 0.5).dtype);
        Assert.Equal(ScalarType.Float32, tensor(new[] { 1L }).div(2).dtype);
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int64)]
    public void Conversions_keep_what_both_types_hold(ScalarType type)
    {
        var x = Floats([3], -2, 0, 5);
        var converted = x.to(type);

        Assert.Equal(type, converted.dtype);
        Equal(converted, [3], -2, 0, 5);
        Assert.Equal(type.ElementSize(), converted.ElementSize);
    }

    [Fact]
    public void A_conversion_to_what_it_is_already_shares_memory_unless_a_copy_is_asked_for()
    {
        var x = Floats([2], 1, 2);

        x.to(ScalarType.Float32).fill_(7);
        Equal(x, [2], 7, 7);
        x.to(ScalarType.Float32, copy: true).fill_(1);
        Equal(x, [2], 7, 7);
        Assert.True(x.@bool().data<bool>().ToArray().All(value => value));
    }

    [Fact]
    public void Complex_numbers_have_parts_and_a_modulus()
    {
        var z = complex(Floats([2], 3, 0), Floats([2], 4, 2));

        Equal(z.abs(), [2], 5, 2);
        Equal(z.real, [2], 3, 0);
        Equal(z.imag, [2], 4, 2);
        Equal((z * new System.Numerics.Complex(0, 1)).real, [2], -4, -2);
        Equal(polar(Floats([1], 2), Floats([1], (float)(Math.PI / 2))).imag, [1], 2);
    }
}
