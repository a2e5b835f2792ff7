using AudioCraft.Codecs;
using AudioCraft.Generation;
using AudioCraft.Kernels;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Kernels;

[Collection(ProcessWideState.Name)]
public class StepDecoderTests
{
    public static TheoryData<string, int> Models => new()
    {
        { "gelu", 1 }, { "relu, biases", 3 }, { "gelu, biases", 8 }, { "gelu", 32 }, { "rotary", 2 }, { "xpos", 3 }, { "sinusoidal and rotary", 2 },
        { "past context", 2 }, { "shared keys", 3 }, { "rotary, shared keys", 1 }, { "prepended", 1 }, { "prepended", 3 }, { "prepended, rotary", 3 }, { "unconditional", 2 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Decoder_logits_match_the_modules_with_and_without_a_prompt(string kind, int rows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(rows);
        bool Has(string option) => kind.Contains(option, StringComparison.Ordinal);
        var config = new LMConfig
        {
            Dim = 48, NumHeads = 4, NumLayers = 3, NumCodebooks = 2, Cardinality = 37, Activation = Has("relu") ? LMActivation.Relu : LMActivation.Gelu,
            BiasAttention = Has("biases"), BiasFeedForward = Has("biases"), BiasProjection = Has("biases"),
            Positions = Has("sinusoidal") ? LMPositions.SinusoidalAndRotary : Has("rotary") || Has("xpos") ? LMPositions.Rotary : LMPositions.Sinusoidal,
            XPos = Has("xpos"), PastContext = Has("past") ? 4 : null, KeyValueRepeat = Has("shared") ? 2 : 1,
            CrossConditions = Has("prepended") || Has("unconditional") ? [] : ["description"], PrependConditions = Has("prepended") ? ["description"] : [],
        };
        using var model = new LMModel(config);
        model.eval();
        var conditions = Has("unconditional")
            ? default
            : new ConditionTensors(new ConditionTensor("description", randn(rows, 5, 48), [.. Enumerable.Range(0, rows).Select(i => 5L - (i % 3))]));
        foreach (var prompt in new[] { 0, 6 })
        {
            using var modules = model.CreateState(rows, 20, conditions);
            using var own = model.CreateState(rows, 20, conditions);
            var tokens = randint(0, 38, [rows, 2, 20], dtype: ScalarType.Int64);

            // The modules compute the first step of a model with prepended conditions.
            var at = Has("prepended") ? Math.Max(1, prompt) : prompt;
            if (at > 0)
            {
                model.Step(tokens.narrow(2, 0, at), modules);
                model.Step(tokens.narrow(2, 0, at), own);
            }

            for (; at < 20; at++)
            {
                var step = tokens.narrow(2, at, 1);
                var logits = new float[rows * 2 * 37];
                own.Decoder!.Step(step.contiguous().data<long>().ToArray(), logits);
                Near.Equal(model.Step(step, modules), tensor(logits, [rows, 2, 37]), 2e-6);
            }

            Assert.Throws<InvalidOperationException>(() => own.Decoder!.Step(new long[rows * 2], new float[rows * 2 * 37]));
        }
    }

    [Theory]
    [InlineData("default")]
    [InlineData("rotary")]
    [InlineData("prepended")]
    [InlineData("post-norm")]
    [InlineData("layer scale")]
    [InlineData("normalized queries")]
    [InlineData("summed")]
    [InlineData("33 rows")]
    public void Generated_tokens_are_the_argmax_of_the_modules(string kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(3);
        var rows = kind == "33 rows" ? 33 : 2;
        var config = new LMConfig { Dim = 32, NumHeads = 4, NumLayers = 2, NumCodebooks = 2, Cardinality = 16 };
        config = kind switch
        {
            "rotary" => config with { Positions = LMPositions.Rotary },
            "prepended" => config with { CrossConditions = [], PrependConditions = ["description"] },
            "post-norm" => config with { NormFirst = false },
            "layer scale" => config with { LayerScale = 0.1 },
            "normalized queries" => config with { QueryKeyNorm = true },
            "summed" => config with { CrossConditions = [], SumConditions = ["description"] },
            _ => config,
        };
        using var model = new LMModel(config);
        model.eval();
        var conditions = new ConditionTensors(new ConditionTensor("description", randn(rows, kind == "summed" ? 1 : 3, 32)));

        var tokens = TokenGenerator.Generate(model, Argmax(rows, 10, conditions));

        var (logits, mask) = model.ComputePredictions(tokens, conditions);
        Exactly.Equal(logits.argmax(3).masked_select(mask), tokens.masked_select(mask));
        Assert.True(mask.sum().item<long>() >= rows * 2 * 9);
    }

    [Theory]
    [InlineData(ModelPrecision.BFloat16, 0.02)]
    [InlineData(ModelPrecision.Int8, 0.04)]
    public void Packed_weights_change_logits_by_their_rounding_in_modules_and_decoder(ModelPrecision precision, double allowed)
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
    public void Decoding_steps_leak_no_tensors_and_allocate_no_managed_memory()
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

    [Theory]
    [InlineData("norm1")]
    [InlineData("norm_cross")]
    [InlineData("norm2")]
    [InlineData("out_norm")]
    public void Weights_of_several_types_throw(string part)
    {
        using var scope = NewDisposeScope();
        using var model = new LMModel(new LMConfig { Dim = 16, NumHeads = 2, NumLayers = 2, NumCodebooks = 2, Cardinality = 9, BiasFeedForward = true, BiasProjection = true });
        foreach (var (name, module) in model.named_modules())
        {
            if (name.EndsWith(part, StringComparison.Ordinal))
            {
                module.to(ScalarType.Float64);
            }
        }

        var request = Argmax(1, 4, new ConditionTensors(new ConditionTensor("description", randn(1, 3, 16))));

        // The kernel would read the weights as float32; libtorch reports the types.
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => TokenGenerator.Generate(model, request));
    }

    [Fact]
    public void Bias_of_another_type_has_no_view()
    {
        using var linear = new AudioCraft.Layers.Linear(4, 3);
        using var bias = zeros(3, ScalarType.Float64);
        using var strided = zeros(6)[TensorIndex.Slice(step: 2)];

        Assert.Null(LinearView.Of(linear.Matrix, bias));
        Assert.Null(LinearView.Of(linear.Matrix, strided));
        Assert.NotNull(LinearView.Of(linear.Matrix, linear.Bias));
        Assert.Throws<ArgumentException>(Address);
        unsafe void Address() => _ = TensorMemory.Float32(bias);
    }

    [Fact]
    public void Logits_larger_than_a_span_have_no_decoder()
    {
        using var scope = NewDisposeScope();
        using var model = new LMModel(new LMConfig { Dim = 8, NumHeads = 2, NumLayers = 1, NumCodebooks = 2, Cardinality = 1 << 15, CrossConditions = [] });
        foreach (var matrix in model.Matrices.Values)
        {
            matrix.Pack(ModelPrecision.Int8);
        }

        using var large = model.CreateState(1 << 15, 2, default);
        using var small = model.CreateState(1 << 10, 2, default);

        Assert.Null(large.Decoder);
        Assert.NotNull(small.Decoder);
        Assert.Throws<ArgumentException>(() => small.Decoder.Step(new long[2], new float[1]));
    }

    private static TokenRequest Argmax(int rows, int frames, ConditionTensors conditions) => new()
    {
        BatchSize = rows,
        Frames = frames,
        Conditions = conditions,
        Parameters = new GenerationParams { UseSampling = false, CfgCoef = 1 },
        Random = RandomSequence.ForItems(0, new string?[rows]),
    };
}
