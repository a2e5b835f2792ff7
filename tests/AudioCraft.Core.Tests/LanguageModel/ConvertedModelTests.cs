using AudioCraft.Generation;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using AudioCraft.Tests.Codecs;
using AudioCraft.Tests.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

/// <summary>
/// Models use the tensors to which they were moved. Moving to another device and to another type both replace the tensors, so
/// moving can be tested without a GPU.
/// </summary>
public class ConvertedModelTests
{
    [Fact]
    public void Language_model_moved_and_moved_back_matches_upstream_tokens()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_generate");
        model.to(ScalarType.Float64).to(ScalarType.Float32);
        using var io = Golden.Tensors("lm_generate");
        Exactly.Equal(io.Read("cfg3/tokens"), TokenGenerator.Generate(model, Cfg3(GoldenLM.Conditions(io, "cfg3/cond_", 2))));
    }

    [Fact]
    public void Codecs_and_text_encoders_moved_and_moved_back_match_golden_results()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var encodec = GoldenEncodec.Load("encodec_causal_24k_tiny");
        encodec.to(ScalarType.Float64).to(ScalarType.Float32);
        EncodecGoldenTests.CheckRuns(encodec, "encodec_causal_24k_tiny");
        using var dac = GoldenDac.Load("dac_tiny");
        dac.to(ScalarType.Float64).to(ScalarType.Float32);
        using var sounds = Golden.Tensors("dac_tiny");
        var run = GoldenDac.Runs(sounds)[0];
        Exactly.Equal(sounds.Read($"{run}/n{dac.TotalCodebooks}/codes"), dac.Encode(sounds.Read($"{run}/x")).Codes);
        using var text = T5Fixture.Encoder(T5Fixture.Gated);
        text.to(ScalarType.Float64).to(ScalarType.Float32);
        using var texts = Golden.Tensors(T5Fixture.Gated);
        Near.Equal(texts.Read("last_hidden_state"), text.forward(texts.Read("input_ids"), texts.Read("attention_mask")), 1e-5);
    }

    [Theory]
    [InlineData("lm_tiny")]
    [InlineData("lm_tiny_crosspos")]
    public void Bfloat16_logits_are_close_to_float32_with_float32_conditions(string golden)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load(golden);
        using var io = Golden.Tensors(golden);
        var conditions = GoldenLM.Conditions(io, "cond/");
        model.ConvertTo(ScalarType.BFloat16);
        var logits = model.forward(io.Read("seq"), conditions);
        Assert.Equal(ScalarType.BFloat16, logits.dtype);

        // Rounding errors of at most 2^-9 accumulate over layers like random numbers, so their norm is tested and not the largest of thousands of logits.
        var exact = io.Read("fwd/logits");
        var share = ((logits.to(ScalarType.Float32) - exact).norm() / exact.norm()).item<float>();
        Assert.InRange(share, 1e-4, 0.02);
    }

    [Fact]
    public void Bfloat16_model_generates_valid_tokens()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_generate");
        model.ConvertTo(ScalarType.BFloat16);
        using var io = Golden.Tensors("lm_generate");
        var conditions = GoldenLM.Conditions(io, "cfg3/cond_", 2);
        var tokens = TokenGenerator.Generate(model, Cfg3(conditions));
        Assert.Equal(io.Tensors["cfg3/tokens"].Shape, tokens.shape);
        Assert.True(tokens.ge(0).all().item<bool>() && tokens.lt(model.SpecialToken).all().item<bool>());
    }

    [Fact]
    public void Half_precision_positions_are_rounded_float32_positions()
    {
        using var scope = NewDisposeScope();
        var exact = SinusoidalPositions.Create(1000, 50, 64, 10_000, ScalarType.Float32, CPU);
        Exactly.Equal(exact.to(ScalarType.BFloat16), SinusoidalPositions.Create(1000, 50, 64, 10_000, ScalarType.BFloat16, CPU));
    }

    [Fact]
    public void Float16_on_CPU_and_int8_on_GPU_throw_before_loading()
    {
        // torch.CUDA throws without CUDA; constructing a Device does not.
        var gpu = new Device(DeviceType.CUDA);
        foreach (var (precision, device) in new[] { (ModelPrecision.Float16, CPU), (ModelPrecision.Int8, gpu) })
        {
            var error = Assert.Throws<ArgumentException>(() => LMWeights.CheckPrecision(precision, device));
            Assert.Contains(precision.ToString(), error.Message, StringComparison.Ordinal);
        }

        LMWeights.CheckPrecision(ModelPrecision.BFloat16, CPU);
        LMWeights.CheckPrecision(ModelPrecision.BFloat16, gpu);
        LMWeights.CheckPrecision(ModelPrecision.Float16, gpu);
    }

    private static TokenRequest Cfg3(ConditionTensors conditions) => new()
    {
        BatchSize = 2,
        Frames = 12,
        Conditions = conditions,
        Parameters = new GenerationParams { UseSampling = false, CfgCoef = 3, UpstreamTextPadding = true },
        Random = RandomSequence.ForItems(0, new string?[2]),
    };
}
