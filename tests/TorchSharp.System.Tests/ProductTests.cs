using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class ProductTests : ScopedTest
{
    [Fact]
    public void Matrix_products_equal_sums_by_hand()
    {
        var a = Floats([2, 2], 1, 2, 3, 4);
        var b = Floats([2, 2], 5, 6, 7, 8);

        Equal(a.matmul(b), [2, 2], 19, 22, 43, 50);
        Equal(mm(a, b), [2, 2], 19, 22, 43, 50);
        Equal(a.mv(tensor(new[] { 1f, 1f })), [2], 3, 7);
        Equal(bmm(stack([a, b]), stack([b, a])), [2, 2, 2], 19, 22, 43, 50, 23, 34, 31, 46);
        Equal(ones(2, 2).addmm(a, b, 2, 1), [2, 2], 21, 24, 45, 52);
        Equal(tensor(new[] { 1f, 2f }).outer(tensor(new[] { 3f, 4f })), [2, 2], 3, 4, 6, 8);
        Equal(tensor(new[] { 1f, 2f }).dot(tensor(new[] { 3f, 4f })), [], 11);
        Equal(einsum("ij,kj->ik", a, b), [2, 2], 17, 23, 39, 53);
        Equal(nn.functional.linear(a, b, tensor(new[] { 1f, 2f })), [2, 2], 18, 25, 40, 55);
    }

    [Fact]
    public void Distances_between_rows() =>
        Equal(cdist(Floats([1, 2], 0, 0), Floats([2, 2], 3, 4, 6, 8)), [1, 2], 5, 10);

    [Theory]
    [InlineData(1, 0, 1, 1)]
    [InlineData(2, 1, 1, 1)]
    [InlineData(1, 2, 2, 1)]
    [InlineData(3, 2, 1, 2)]
    public void Convolution_equals_plain_loops(int stride, int padding, int dilation, int groups)
    {
        const int Inputs = 4, Outputs = 6, Length = 11, Kernel = 3;
        var x = randn(2, Inputs, Length);
        var w = randn(Outputs, Inputs / groups, Kernel);
        var b = randn(Outputs);
        var y = nn.functional.conv1d(x, w, b, stride, padding, dilation, groups);
        var steps = ((Length + (2 * padding) - (dilation * (Kernel - 1)) - 1) / stride) + 1;
        var expected = new List<double>();
        var (xs, ws, bs) = (x.data<float>(), w.data<float>(), b.data<float>());
        for (var n = 0; n < 2; n++)
        {
            for (var o = 0; o < Outputs; o++)
            {
                for (var t = 0; t < steps; t++)
                {
                    double sum = bs[o];
                    for (var c = 0; c < Inputs / groups; c++)
                    {
                        for (var k = 0; k < Kernel; k++)
                        {
                            var at = (t * stride) + (k * dilation) - padding;
                            var channel = (o / (Outputs / groups) * (Inputs / groups)) + c;
                            sum += at >= 0 && at < Length ? xs[n, channel, at] * ws[o, c, k] : 0;
                        }
                    }

                    expected.Add(sum);
                }
            }
        }

        Equal(y, [2, Outputs, steps], [.. expected]);
    }

    [Fact]
    public void Transposed_convolution_spreads_what_convolution_gathers()
    {
        var y = nn.functional.conv_transpose1d(Floats([1, 1, 2], 1, 2), Floats([1, 1, 3], 1, 10, 100), tensor(new[] { 0.5f }), stride: 2);

        Equal(y, [1, 1, 5], 1.5, 10.5, 102.5, 20.5, 200.5);
    }

    [Fact]
    public void Two_dimensional_convolution_of_a_known_picture() =>
        Equal(
            nn.functional.conv2d(arange(9, ScalarType.Float32).reshape(1, 1, 3, 3), ones(1, 1, 2, 2), padding: [1, 0]),
            [1, 1, 4, 2], 1, 3, 8, 12, 20, 24, 13, 15);

    [Fact]
    public void Normalisations_equal_their_formulas()
    {
        var x = Floats([1, 4], 1, 2, 3, 6);
        var scale = 1 / Math.Sqrt(3.5 + 1e-5);

        Equal(nn.functional.layer_norm(x, [4]), [1, 4], -2 * scale, -1 * scale, 0, 3 * scale);
        Equal(nn.functional.layer_norm(x, [4], full([4], 2f), ones(4)), [1, 4], 1 - (4 * scale), 1 - (2 * scale), 1, 1 + (6 * scale));
        Equal(nn.functional.group_norm(Floats([1, 2, 2], 1, 2, 3, 6), 1), [1, 2, 2], -2 * scale, -1 * scale, 0, 3 * scale);
        Equal(nn.functional.normalize(Floats([1, 2], 3, 4)), [1, 2], 0.6, 0.8);
    }

    [Fact]
    public void Attention_is_a_softmax_of_scaled_products()
    {
        var query = randn(1, 2, 3, 4);
        var key = randn(1, 2, 5, 4);
        var value = randn(1, 2, 5, 4);
        var scores = query.matmul(key.transpose(-2, -1)) / 2;
        var mask = ones(3, 5).@bool();
        mask[0, 1] = tensor(false);
        var expected = (scores + zeros(3, 5).masked_fill(~mask, double.NegativeInfinity)).softmax(-1).matmul(value);

        Assert.True(nn.functional.scaled_dot_product_attention(query, key, value).allclose(scores.softmax(-1).matmul(value), 1e-5, 1e-6));
        Assert.True(nn.functional.scaled_dot_product_attention(query, key, value, mask).allclose(expected, 1e-5, 1e-6));
        var causal = nn.functional.scaled_dot_product_attention(query, query, query, is_casual: true);
        Assert.True(causal[TensorIndex.Ellipsis, 0, TensorIndex.Colon].allclose(query[TensorIndex.Ellipsis, 0, TensorIndex.Colon], 1e-5, 1e-6));
        Assert.Throws<ArgumentException>(() => nn.functional.scaled_dot_product_attention(query, key, value, mask, is_casual: true));
    }

    [Fact]
    public void Losses_equal_their_formulas()
    {
        var a = Floats([2, 2], 1, 2, 3, 5);
        var b = Floats([2, 2], 1, 0, 0, 1);

        Equal(nn.functional.mse_loss(a, b), [], (0 + 4 + 9 + 16) / 4.0);
        Equal(nn.functional.l1_loss(a, b, nn.Reduction.Sum), [], 9);
        var expected = -(1 - Math.Log(Math.E + Math.Exp(2)) + 5 - Math.Log(Math.Exp(3) + Math.Exp(5))) / 2;
        Equal(nn.functional.cross_entropy(a, tensor(new[] { 0L, 1L })), [], expected);
    }

    [Fact]
    public void The_short_time_transform_finds_a_tone_and_inverts()
    {
        var wave = (arange(400, ScalarType.Float32) * (2 * Math.PI / 16)).sin().unsqueeze(0);
        var window = hann_window(64);
        var spectrum = stft(wave, 64, 16, window: window, return_complex: true);

        Assert.Equal([1, 33, 26], spectrum.shape);
        Assert.Equal(4, spectrum.abs()[0, TensorIndex.Colon, 10].argmax().item<long>());
        Assert.True(istft(spectrum, 64, 16, window: window, length: 400).allclose(wave, 1e-4, 1e-5));
    }

    [Fact]
    public void Interpolation_repeats_or_draws_lines()
    {
        var x = Floats([1, 1, 2], 0, 1);

        Equal(nn.functional.interpolate(x, [4]), [1, 1, 4], 0, 0, 1, 1);
        Equal(nn.functional.interpolate(x, scale_factor: [2], mode: InterpolationMode.Linear), [1, 1, 4], 0, 0.25, 0.75, 1);
        Assert.Throws<ArgumentException>(() => nn.functional.interpolate(x));
    }
}
