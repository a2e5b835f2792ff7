using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

[Collection(ProcessWideState.Name)]
public class LMModelTests
{
    // INDEX.md: float32 and float64 differ by 7e-6 for logits up to about 6.
    private const double Noise = 5e-6;

    [Fact]
    public void Single_condition_can_be_passed_without_its_name()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load("lm_tiny");
        using var io = Golden.Tensors("lm_tiny");
        Near.Equal(io.Read("fwd/logits"), model.forward(io.Read("seq"), io.Read("cond/embeds")), Noise);
        Near.Equal(io.Read("pred/logits"), model.ComputePredictions(io.Read("codes"), io.Read("cond/embeds")).Logits, Noise);
    }

    [Fact]
    public void Unknown_conditions_throw_with_their_name()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_tiny");
        var codes = zeros(2, 4, 5, dtype: ScalarType.Int64);
        ConditionTensors Named(string name, long dim = 32) => new(new ConditionTensor(name, zeros(2, 3, dim)));
        Assert.Contains("'genre'", Assert.Throws<ArgumentException>(() => model.forward(codes, Named("genre"))).Message, StringComparison.Ordinal);
        Assert.Contains("[2, 3, 7]", Assert.Throws<ArgumentException>(() => model.forward(codes, Named("description", 7))).Message, StringComparison.Ordinal);
        Assert.Contains("needs one of its conditions", Assert.Throws<ArgumentException>(() => model.forward(codes, default(ConditionTensors))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ConditionTensors(new ConditionTensor("a", codes), new ConditionTensor("a", codes)));
        using var none = GoldenLM.Load("lm_tiny_nocond");
        Assert.Contains("no condition", Assert.Throws<ArgumentException>(() => none.forward(codes, Named("description"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Step_leaks_no_tensors()
    {
        using var model = GoldenLM.Load("lm_tiny");
        using var guard = no_grad();
        using var text = zeros(1, 3, 32);
        var condition = new ConditionTensors(new ConditionTensor("description", text));
        using var tokens = zeros(1, 4, 1, dtype: ScalarType.Int64);
        LiveTensors.NoneLeft(() =>
        {
            using var state = model.CreateState(1, 4, condition);
            for (var i = 0; i < 4; i++)
            {
                model.Step(tokens, state).Dispose();
            }
        });
    }

    [Fact]
    public void Steps_beyond_the_capacity_throw()
    {
        using var model = GoldenLM.Load("lm_tiny");
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var state = model.CreateState(1, 2, new ConditionTensors(new ConditionTensor("description", zeros(1, 3, 32))));
        Assert.Throws<InvalidOperationException>(() => model.Step(zeros(1, 4, 3, dtype: ScalarType.Int64), state));
    }

    [Fact]
    public void Mismatched_shapes_throw_with_the_shapes()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_tiny");
        var condition = zeros(2, 3, 32);
        var codes = zeros(2, 4, 5, dtype: ScalarType.Int64);
        Assert.Contains("[2, 3, 5]", Assert.Throws<ArgumentException>(() => model.forward(zeros(2, 3, 5, dtype: ScalarType.Int64), condition)).Message, StringComparison.Ordinal);
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(() => model.forward(zeros(2, 4, 5), condition)).Message, StringComparison.Ordinal);
        Assert.Contains("[1, 3, 32]", Assert.Throws<ArgumentException>(() => model.forward(codes, zeros(1, 3, 32))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => model.forward(codes, null));
    }

    [Fact]
    public void ParameterCount_matches_the_model()
    {
        using var model = GoldenLM.Load("lm_tiny");
        Assert.Equal(model.parameters().Sum(p => p.numel()), model.Config.ParameterCount);
        using var other = new LMModel(new LMConfig
        {
            Dim = 8, NumHeads = 2, NumLayers = 2, Cardinality = 5, NumCodebooks = 3, NormFirst = false,
            BiasAttention = true, BiasFeedForward = true, BiasProjection = true, HiddenScale = 2, LayerScale = 0.1,
        });
        Assert.Equal(other.parameters().Sum(p => p.numel()), other.Config.ParameterCount);
    }
}
