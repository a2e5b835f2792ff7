using AudioCraft.Kernels;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class DacModelTests
{
    private static readonly DacConfig Small = new()
    {
        SampleRate = 16000, EncoderDimension = 4, EncoderRates = [2, 4], DecoderDimension = 16, DecoderRates = [4, 2], NumCodebooks = 3, Cardinality = 32, CodebookDimensions = [4],
    };

    [Theory]
    [InlineData(new[] { 2, 4, 8 }, new[] { 8, 4, 2 })]
    [InlineData(new[] { 2, 4, 5, 8 }, new[] { 8, 5, 4, 2 })]
    [InlineData(new[] { 3, 7 }, new[] { 7, 3 })]
    [InlineData(new[] { 5 }, new[] { 5 })]
    public void Output_is_as_long_as_the_input_for_all_strides(int[] down, int[] up)
    {
        random.manual_seed(3);
        using var model = new DacModel(Small with { EncoderRates = down, DecoderRates = up });
        model.eval();
        foreach (var length in new[] { 1, model.HopLength - 1, model.HopLength, model.HopLength + 1, 3201, 32000 })
        {
            using var scope = NewDisposeScope();
            var x = randn(1, 1, length) * 0.1f;
            var codes = model.Encode(x).Codes;
            var frames = (length + model.HopLength - 1) / model.HopLength;
            Assert.Equal([1, 3, frames], codes.shape);
            Assert.Equal([1, 1, (long)frames * model.HopLength], model.Decode(codes).shape);
            using var result = model.forward(x);
            Assert.Equal(x.shape, result.X.shape);
            Exactly.Equal(codes, result.Codes);
        }
    }

    [Fact]
    public void Batch_matches_its_items_alone()
    {
        using var model = GoldenDac.Load("dac_tiny");
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        var x = randn(5, 1, 1000) * 0.2f;
        var codes = model.Encode(x).Codes;
        var audio = model.Decode(codes);
        for (var i = 0; i < 5; i++)
        {
            var alone = model.Encode(x.narrow(0, i, 1)).Codes;
            Exactly.Equal(codes.narrow(0, i, 1), alone);
            Near.Equal(audio.narrow(0, i, 1), model.Decode(alone), 2e-6);
        }
    }

    [Fact]
    public void Only_results_stay_in_native_memory()
    {
        using var model = GoldenDac.Load("dac_tiny_latent");
        using var x = rand(2, 1, 203);
        using var codes = zeros(2, 3, 9, dtype: ScalarType.Int64);
        LiveTensors.Left(1, () => _ = model.Encode(x));
        LiveTensors.Left(1, () => _ = model.EncodeWithoutCompletion(x));
        LiveTensors.Left(1, () => _ = model.Decode(codes));
        LiveTensors.Left(1, () => _ = model.DecodeLatent(codes));
        LiveTensors.NoneLeft(() => model.forward(x).Dispose());
        using var latent = model.Encoder.forward(x);
        using var detached = latent.detach();
        LiveTensors.Left(1, () => _ = model.Quantizer.Project(detached));
        using var projected = model.Quantizer.Project(detached);
        LiveTensors.Left(2, () => _ = model.Quantizer.QuantizeProjected(projected));
    }

    [Fact]
    public void Invalid_arguments_are_rejected_before_any_native_call()
    {
        using var model = GoldenDac.Load("dac_tiny");
        using var scope = NewDisposeScope();
        Assert.Contains("[1, 2, 100]", Assert.Throws<ArgumentException>(() => model.Encode(zeros(1, 2, 100))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.Encode(zeros(1, 100)));
        Assert.Throws<ArgumentException>(() => model.Encode(zeros(1, 1, 0)));
        Assert.Throws<ArgumentException>(() => model.Encode(zeros(1, 1, 100, dtype: ScalarType.Float64)));
        Assert.Throws<ArgumentNullException>(() => model.Encode(null!));
        Assert.Throws<ArgumentException>(() => model.Decode(zeros(1, 7, 3, dtype: ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => model.Decode(zeros(1, 3, dtype: ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => model.Decode(zeros(1, 3, 3)));
        Assert.Throws<ArgumentException>(() => model.Decode(full([1, 3, 3], 64L, dtype: ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => model.Decode(full([1, 3, 3], -1L, dtype: ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => model.Decode(zeros(1, 3, 3, dtype: ScalarType.Int64), ones(1, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.SetNumCodebooks(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.SetNumCodebooks(7));
        Assert.Throws<ArgumentException>(() => model.Quantizer.QuantizeProjected(zeros(1, 5, 3)));
        Assert.Throws<ArgumentException>(() => model.Quantizer.Encode(zeros(1, 31, 3)));
    }

    [Fact]
    public void Invalid_configuration_value_is_rejected_by_name()
    {
        foreach (var (config, name) in new[]
        {
            (Small with { SampleRate = 0 }, "SampleRate"),
            (Small with { EncoderRates = [] }, "EncoderRates"),
            (Small with { EncoderRates = [2, 0] }, "EncoderRates"),
            (Small with { EncoderRates = [2, 2] }, "samples a frame"),
            (Small with { DecoderDimension = 2 }, "DecoderDimension"),
            (Small with { NumCodebooks = 0 }, "NumCodebooks"),
            (Small with { Cardinality = 65537 }, "Cardinality"),
            (Small with { CodebookDimensions = [4, 4] }, "CodebookDimensions"),
            (Small with { LatentDimension = -1 }, "LatentDimension"),
            (Small with { QuantizerDropout = 2 }, "QuantizerDropout"),
        })
        {
            Assert.Contains(name, Assert.Throws<ArgumentException>(() => new DacModel(config)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Training_reaches_every_weight_and_drops_codebooks()
    {
        random.manual_seed(1);
        using var model = new DacModel(Small with { QuantizerDropout = 0.5 });
        using var scope = NewDisposeScope();
        using var result = model.forward(randn(4, 1, 160) * 0.1f);
        var loss = (result.X.pow(2).mean() + result.Penalty! + result.Metrics![DacResidualVectorQuantizer.CodebookLoss]).sum();
        loss.backward();
        foreach (var (name, parameter) in model.named_parameters())
        {
            Assert.True(parameter.grad is not null, name);
        }
    }

    [Theory]
    [InlineData(0.9f)]
    [InlineData(-2.5f)]
    [InlineData(0f)]
    [InlineData(1e-4f)]
    [InlineData(30f)]
    [InlineData(5e4f)]
    public void Snake_kernel_matches_the_formula(float alpha)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(2);
        var input = cat([randn(1, 1, 5003) * 4f, tensor(new[] { 0f, 1e-8f, -3e3f, 1e30f, -0f }).view(1, 1, -1)], -1);
        var from = input.data<float>().ToArray();
        var to = new float[from.Length];
        SnakeKernel.Row1d(from, alpha, to);
        for (var i = 0; i < from.Length; i++)
        {
            var sine = Math.Sin((double)(alpha * from[i]));
            var expected = from[i] + (sine * sine / (alpha + 1e-9f));
            Assert.InRange(to[i] - expected, -3e-7 * (Math.Abs(expected) + (1 / Math.Max(1e-9, Math.Abs(alpha)))) - 1e-9, 3e-7 * (Math.Abs(expected) + (1 / Math.Max(1e-9, Math.Abs(alpha)))) + 1e-9);
        }
    }

    [Fact]
    public void Snake_kernel_keeps_NaN_and_does_not_depend_on_threads()
    {
        var to = new float[40];
        var from = Enumerable.Repeat(1f, 40).ToArray();
        (from[3], from[20]) = (float.NaN, float.PositiveInfinity);
        SnakeKernel.Row1d(from, 1, to);
        Assert.True(float.IsNaN(to[3]) && !float.IsFinite(to[20]));
        using var scope = NewDisposeScope();
        var x = randn(2, 8, 20000);
        var alpha = rand(1, 8, 1) + 0.1f;
        Tensor one = empty_like(x), two = empty_like(x);
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            SnakeKernel.Run(x, alpha, one);
            set_num_threads(2);
            SnakeKernel.Run(x, alpha, two);
        }
        finally
        {
            set_num_threads(threads);
        }

        Exactly.Equal(one, two);
        var wave = (x * alpha).sin();
        Near.Equal(x + (wave * wave / (alpha + 1e-9f)), one, 5e-7);
    }
}
