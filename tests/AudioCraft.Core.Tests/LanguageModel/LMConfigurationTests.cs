using AudioCraft.Checkpoints;
using AudioCraft.LanguageModel;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

/// <summary>Every configuration of the golden language models: complete sequences, single steps, and training.</summary>
[Collection(ProcessWideState.Name)]
public class LMConfigurationTests
{
    // INDEX.md: float32 and float64 differ by up to 3e-6 for logits up to about 6, and streaming adds as much (config: max_abs_diff_stream_vs_full).
    private const double Noise = 5e-6;

    public static TheoryData<string> Cases() =>
    [
        "lm_tiny", "lm_tiny_crosspos", "lm_tiny_ctx", "lm_tiny_custom", "lm_tiny_kvrepeat_ctx", "lm_tiny_nocond", "lm_tiny_parallel_relu",
        "lm_tiny_postnorm_mha", "lm_tiny_prepend", "lm_tiny_qknorm", "lm_tiny_rope", "lm_tiny_rope_memeff", "lm_tiny_rope_xpos",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_sequence_logits_match_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load(name);
        using var io = Golden.Tensors(name);
        Near.Equal(io.Read("fwd/logits"), model.forward(io.Read("seq"), GoldenLM.Conditions(io, "cond/")), Noise);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Stepwise_logits_match_the_whole_sequence(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load(name);
        using var io = Golden.Tensors(name);
        var sequence = io.Read("seq");

        // Upstream's single steps with rotary positions in the fused layout are wrong; its complete sequences are correct.
        var expected = io.Read(name == "lm_tiny_rope_memeff" ? "fwd/logits" : "stream/logits");
        foreach (var chunk in new[] { 1, 2, 5, 100 })
        {
            using var state = model.CreateState(sequence.size(0), sequence.size(2), GoldenLM.Conditions(io, "cond/"));
            for (var at = 0L; at < sequence.size(2);)
            {
                var count = Math.Min(chunk, sequence.size(2) - at);
                var logits = model.Step(sequence.narrow(2, at, count), state);
                at += count;
                Near.Equal(expected.select(2, at - 1), logits, Noise);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Predictions_for_known_codes_match_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load(name);
        using var io = Golden.Tensors(name);
        foreach (var (key, keepOnlyValidSteps) in new[] { ("pred", true), ("pred_valid", false) })
        {
            var (logits, mask) = model.ComputePredictions(io.Read("codes"), GoldenLM.Conditions(io, "cond/"), keepOnlyValidSteps);
            Exactly.Equal(io.Read($"{key}/mask"), mask);
            Near.Equal(io.Read($"{key}/logits"), logits, Noise);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ParameterCount_matches_the_model(string name)
    {
        using var model = GoldenLM.Load(name);
        Assert.Equal(model.parameters().Sum(p => p.numel()), model.Config.ParameterCount);
    }

    [Theory]
    [InlineData("lm_tiny_prepend")]
    [InlineData("lm_tiny_kvrepeat_ctx")]
    [InlineData("lm_tiny_rope_xpos")]
    public void Generating_a_sequence_leaks_no_tensors(string name)
    {
        using var model = GoldenLM.Load(name);
        using var io = Golden.Tensors(name);
        using var guard = no_grad();
        LiveTensors.NoneLeft(() =>
        {
            using var scope = NewDisposeScope();
            var sequence = io.Read("seq");
            var state = model.CreateState(sequence.size(0), sequence.size(2), GoldenLM.Conditions(io, "cond/"));
            model.Step(sequence.narrow(2, 0, 3), state);
            model.Step(sequence.narrow(2, 3, 1), state);
            state.Dispose();
            model.forward(sequence, GoldenLM.Conditions(io, "cond/"));
        });
    }

    [Fact]
    public void Past_context_bounds_the_memory()
    {
        using var model = GoldenLM.Load("lm_tiny_ctx");
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var condition = new ConditionTensors(new ConditionTensor("description", zeros(1, 3, 32)));
        using var state = model.CreateState(1, 1000, condition);
        Assert.All(state.Transformer.Caches, cache => Assert.Equal((2 * 4) + 1, cache.Capacity));
        var tokens = zeros(1, 4, 1, dtype: ScalarType.Int64);
        for (var i = 0; i < 100; i++)
        {
            model.Step(tokens, state).Dispose();
        }

        Assert.Equal(100, state.Transformer.Length);
    }

    [Fact]
    public void Attention_weights_load_with_and_without_the_mha_prefix()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load("lm_tiny_postnorm_mha");
        using var io = Golden.Tensors("lm_tiny_postnorm_mha");
        using var folder = new TemporaryFolder();
        using (var weights = SafetensorsFile.Open(Golden.File("lm_tiny_postnorm_mha", "weights.safetensors")))
        {
            SafetensorsWriter.Write(folder.File("plain.safetensors"), weights.Tensors.Keys.ToDictionary(key => key.Replace(".mha.", ".", StringComparison.Ordinal), weights.Read));
        }

        using var plain = SafetensorsFile.Open(folder.File("plain.safetensors"));
        using var other = new LMModel(model.Config);
        LMWeights.Load(other, plain, new WeightLoadOptions { MayBeUnused = key => key.StartsWith("condition_provider.", StringComparison.Ordinal) });
        other.eval();
        var (sequence, conditions) = (io.Read("seq"), GoldenLM.Conditions(io, "cond/"));
        Near.Equal(model.forward(sequence, conditions), other.forward(sequence, conditions), 0);
    }
}
