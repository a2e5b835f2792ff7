using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

public class LMModelTests
{
    // INDEX.md: float32 against float64 differ by 7e-6 where the logits reach about 6.
    private const double Noise = 5e-6;

    [Fact]
    public void Logits_of_a_whole_sequence_equal_upstreams()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load("lm_tiny");
        using var io = Golden.Tensors("lm_tiny");
        Near.Equal(io.Read("fwd/logits"), model.forward(io.Read("seq"), io.Read("cond/embeds")), Noise);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Logits_step_by_step_equal_those_of_the_whole_sequence(int chunk)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load("lm_tiny");
        using var io = Golden.Tensors("lm_tiny");
        var (sequence, expected) = (io.Read("seq"), io.Read("stream/logits"));
        using var state = model.CreateState(sequence.size(0), sequence.size(2), io.Read("cond/embeds"), null);
        for (var at = 0L; at < sequence.size(2);)
        {
            var count = Math.Min(chunk, sequence.size(2) - at);
            var logits = model.Step(sequence.narrow(2, at, count), state);
            at += count;
            Near.Equal(expected.select(2, at - 1), logits, Noise);
        }
    }

    [Theory]
    [InlineData("pred", true)]
    [InlineData("pred_valid", false)]
    public void Predictions_for_known_codes_equal_upstreams(string key, bool keepOnlyValidSteps)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load("lm_tiny");
        using var io = Golden.Tensors("lm_tiny");
        var (logits, mask) = model.ComputePredictions(io.Read("codes"), io.Read("cond/embeds"), keepOnlyValidSteps);
        Exactly.Equal(io.Read($"{key}/mask"), mask);
        Near.Equal(io.Read($"{key}/logits"), logits, Noise);
    }

    [Fact]
    public void A_step_leaves_nothing_alive_but_its_logits()
    {
        using var model = GoldenLM.Load("lm_tiny");
        using var guard = no_grad();
        using var condition = zeros(1, 3, 32);
        using var tokens = zeros(1, 4, 1, dtype: ScalarType.Int64);
        LiveTensors.NoneLeft(() =>
        {
            using var state = model.CreateState(1, 4, condition, null);
            for (var i = 0; i < 4; i++)
            {
                model.Step(tokens, state).Dispose();
            }
        });
    }

    [Fact]
    public void More_steps_than_were_made_room_for_are_refused()
    {
        using var model = GoldenLM.Load("lm_tiny");
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var state = model.CreateState(1, 2, zeros(1, 3, 32), null);
        Assert.Throws<InvalidOperationException>(() => model.Step(zeros(1, 4, 3, dtype: ScalarType.Int64), state));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_by_name()
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
    public void The_number_of_weights_follows_from_the_configuration()
    {
        using var model = GoldenLM.Load("lm_tiny");
        Assert.Equal(model.parameters().Sum(p => p.numel()), model.Config.ParameterCount);
        using var other = new LMModel(new LMConfig
        {
            Dim = 8, NumHeads = 2, NumLayers = 2, Cardinality = 5, NumCodebooks = 3, NormFirst = false,
            BiasAttention = true, BiasFeedForward = true, BiasProjection = true, HiddenScale = 2,
        });
        Assert.Equal(other.parameters().Sum(p => p.numel()), other.Config.ParameterCount);
    }
}
