using AudioCraft.Codecs;
using AudioCraft.Kernels;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

public class StepDecoderTests
{
    [Theory]
    [InlineData(1, false, LMActivation.Gelu)]
    [InlineData(3, true, LMActivation.Relu)]
    [InlineData(8, true, LMActivation.Gelu)]
    public void Its_logits_are_the_modules_with_and_without_a_prompt(int rows, bool biases, LMActivation activation)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(rows);
        var config = new LMConfig
        {
            Dim = 48, NumHeads = 3, NumLayers = 3, NumCodebooks = 2, Cardinality = 37, Activation = activation,
            BiasAttention = biases, BiasFeedForward = biases, BiasProjection = biases,
        };
        using var model = new LMModel(config);
        model.eval();
        var conditions = new ConditionTensors(new ConditionTensor("description", randn(rows, 5, 48), [.. Enumerable.Range(0, rows).Select(i => 5L - (i % 3))]));
        foreach (var prompt in new[] { 1, 6 })
        {
            using var modules = model.CreateState(rows, 20, conditions);
            using var own = model.CreateState(rows, 20, conditions);
            var decoder = Assert.IsType<StepDecoder>(own.Decoder);
            var tokens = randint(0, 38, [rows, 2, 20], dtype: ScalarType.Int64);
            var at = 0;
            if (prompt > 1)
            {
                model.Step(tokens.narrow(2, 0, prompt), modules);
                model.Step(tokens.narrow(2, 0, prompt), own);
                at = prompt;
            }

            for (; at < 20; at++)
            {
                var step = tokens.narrow(2, at, 1);
                var logits = new float[rows * 2 * 37];
                decoder.Step(step.contiguous().data<long>().ToArray(), logits);
                Near.Equal(model.Step(step, modules), tensor(logits, [rows, 2, 37]), 2e-6);
            }

            Assert.Throws<InvalidOperationException>(() => decoder.Step(new long[rows * 2], new float[rows * 2 * 37]));
        }
    }

    [Theory]
    [InlineData("post-norm")]
    [InlineData("rotary")]
    [InlineData("past context")]
    [InlineData("layer scale")]
    [InlineData("shared keys")]
    [InlineData("prepended")]
    public void Rarer_models_are_left_to_the_modules(string kind)
    {
        using var guard = no_grad();
        var config = new LMConfig { Dim = 32, NumHeads = 4, NumLayers = 1, Cardinality = 8 };
        config = kind switch
        {
            "post-norm" => config with { NormFirst = false },
            "rotary" => config with { Positions = LMPositions.Rotary },
            "past context" => config with { PastContext = 4 },
            "layer scale" => config with { LayerScale = 0.1 },
            "shared keys" => config with { KeyValueRepeat = 2 },
            _ => config with { CrossConditions = [], PrependConditions = ["description"] },
        };
        using var model = new LMModel(config);
        using var text = randn(1, 3, 32);
        using var state = model.CreateState(1, 10, new ConditionTensors(new ConditionTensor("description", text)));
        Assert.Null(state.Decoder);
    }

    [Theory]
    [InlineData(ModelPrecision.BFloat16, 0.02)]
    [InlineData(ModelPrecision.Int8, 0.04)]
    public void A_packed_model_differs_by_its_weights_rounding_alone_whichever_way_a_step_goes(ModelPrecision precision, double allowed)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(1);
        var config = new LMConfig { Dim = 64, NumHeads = 4, NumLayers = 2, Cardinality = 50 };
        using var model = new LMModel(config);
        model.eval();
        var conditions = new ConditionTensors(new ConditionTensor("description", randn(2, 5, 64)));
        var tokens = randint(0, 51, [2, 4, 12], dtype: ScalarType.Int64);
        var exact = model.forward(tokens, conditions).select(2, 11);
        foreach (var matrix in model.Matrices.Values)
        {
            matrix.Pack(precision);
        }

        using var whole = model.CreateState(2, 12, conditions);
        using var single = model.CreateState(2, 12, conditions);
        var packed = model.Step(tokens, whole);
        var logits = new float[2 * 4 * 50];
        for (var step = 0; step < 12; step++)
        {
            single.Decoder!.Step(tokens.narrow(2, step, 1).contiguous().data<long>().ToArray(), logits);
        }

        Near.Equal(exact, packed, allowed);
        Near.Equal(packed, tensor(logits, [2, 4, 50]), 2e-4);
        Assert.False(packed.allclose(exact, 1e-5, 1e-6));
    }

    [Fact]
    public void Steps_leave_nothing_alive_and_allocate_nothing_managed()
    {
        using var guard = no_grad();
        using var model = new LMModel(new LMConfig { Dim = 32, NumHeads = 4, NumLayers = 2, Cardinality = 8 });
        using var text = randn(2, 3, 32);
        using var state = model.CreateState(2, 60, new ConditionTensors(new ConditionTensor("description", text)));
        var (tokens, logits) = (new long[8], new float[2 * 4 * 8]);
        state.Decoder!.Step(tokens, logits);
        var (live, allocated) = (LiveTensors.Count(), 0L);
        for (var i = 0; i < 50; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            state.Decoder.Step(tokens, logits);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(live, LiveTensors.Count());
        Assert.InRange(allocated, 0, 50 * 400);
    }
}
