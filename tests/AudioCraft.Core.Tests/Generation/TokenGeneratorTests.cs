using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Generation;
using AudioCraft.Tests.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

public class TokenGeneratorTests
{
    private static readonly string[] Cases = ["lm_generate", "lm_generate_custom_rope", "lm_generate_delays", "lm_generate_double_cfg", "lm_generate_prepend"];

    public static TheoryData<string, string> Runs()
    {
        var runs = new TheoryData<string, string>();
        foreach (var name in Cases)
        {
            using var json = Golden.Config(name);
            foreach (var run in json.RootElement.GetProperty("runs").EnumerateArray())
            {
                runs.Add(name, run.GetProperty("name").GetString()!);
            }
        }

        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Greedy_tokens_match_upstream(string golden, string name)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load(golden);
        using var io = Golden.Tensors(golden);
        using var json = Golden.Config(golden);
        var run = json.RootElement.GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("name").GetString() == name);
        var arguments = run.GetProperty("generate_kwargs");
        var request = Request(model, io, run);
        var tokens = TokenGenerator.Generate(model, request);
        var from = arguments.TryGetProperty("remove_prompts", out var remove) && remove.GetBoolean() ? request.Prompt.Count : 0;
        Exactly.Equal(io.Read($"{name}/tokens"), tokens.narrow(2, from, tokens.size(2) - from));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Logits_of_the_first_steps_match_upstream(string golden, string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load(golden);
        using var io = Golden.Tensors(golden);
        foreach (var (raw, condition) in new[] { ("raw", "cond"), ("raw_cond", "cond"), ("raw_uncond", "null") })
        {
            if (!io.Tensors.TryGetValue($"{name}/step0/{raw}", out var info))
            {
                continue;
            }

            var tokens = full([info.Shape[0], info.Shape[1], info.Shape[2]], model.SpecialToken, dtype: ScalarType.Int64);
            if (io.Tensors.ContainsKey($"{name}/prompt"))
            {
                // The pattern of the whole result starts like that of the prompt, unless the first frames are flattened.
                var (prompt, frames) = (io.Read($"{name}/prompt"), (int)io.Read($"{name}/tokens").size(2) + 20);
                var (sequence, _, _) = model.PatternProvider.GetPattern(frames).BuildSequence(prompt, model.SpecialToken);
                tokens = sequence.narrow(2, 0, info.Shape[2]).repeat(info.Shape[0] / prompt.size(0), 1, 1);
            }

            // INDEX.md gives no noise for these cases; lm_tiny, of the same shape, has 1e-6 of the largest logit.
            Near.Equal(io.Read($"{name}/step0/{raw}"), model.forward(tokens, GoldenLM.Conditions(io, $"{name}/{condition}_")), 5e-6);
        }
    }

    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(1.0, 1)]
    [InlineData(3.0, 2)]
    public void Unneeded_guidance_rows_are_not_computed(double coefficient, int expectedRows)
    {
        using var scope = NewDisposeScope();
        int Rows(params long[] lengths) => ClassifierFreeGuidance.Rows(2, Texts(zeros(2, 3, 4), lengths), coefficient).Sum(part => part.Count);
        Assert.Equal(2 * expectedRows, Rows(3, 2));
        Assert.Equal(2, Rows(0, 0));
        Assert.Equal(1 + expectedRows, Rows(3, 0));
        Assert.Equal(2, ClassifierFreeGuidance.Rows(2, default, coefficient).Sum(part => part.Count));
    }

    [Fact]
    public void Double_guidance_weights_all_three_kinds_of_rows()
    {
        using var scope = NewDisposeScope();
        var conditions = new ConditionTensors(
            new ConditionTensor("self_wav", zeros(3, 2, 4), [2, 2, 0]), new ConditionTensor("description", zeros(3, 3, 4), [3, 0, 3]));
        var rows = ClassifierFreeGuidance.Rows(3, conditions, 3, 5).SelectMany(part => part).OrderBy(row => row.Item).ThenBy(row => row.Kind);
        Assert.Equal(
            [
                new(0, GuidanceKind.All, 15), new(0, GuidanceKind.WithoutDescription, -12), new(0, GuidanceKind.None, -2),
                new(1, GuidanceKind.WithoutDescription, 3), new(1, GuidanceKind.None, -2),
                new(2, GuidanceKind.All, 15), new(2, GuidanceKind.None, -14),
            ],
            rows);
    }

    [Theory]
    [InlineData("lm_generate")]
    [InlineData("lm_generate_custom_rope")]
    [InlineData("lm_generate_delays")]
    [InlineData("lm_generate_prepend")]
    [InlineData("lm_generate_prepend", 3)]
    [InlineData("lm_generate_prepend", 3, true)]
    public void Item_tokens_are_the_same_alone_and_beside_a_longer_text(string golden, int promptFrames = 0, bool twoStep = false)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load(golden);
        manual_seed(5);
        var longer = randn(1, 9, 32);
        var shorter = randn(1, 4, 32);
        var both = cat([longer, cat([shorter, zeros(1, 5, 32)], 1), zeros(1, 9, 32)], 0);
        var prompt = promptFrames == 0 ? null : randint(0, 64, [3, model.NumCodebooks, promptFrames], dtype: ScalarType.Int64);
        var parameters = new GenerationParams { Seed = 11, TopK = 20, TwoStepCfg = twoStep };
        Tensor Tokens(Tensor embeddings, long[] lengths, int first, params string[] texts) => TokenGenerator.Generate(
            model,
            new TokenRequest
            {
                BatchSize = texts.Length, Frames = 20, Conditions = Texts(embeddings, lengths), Parameters = parameters,
                Random = RandomSequence.ForItems(11, texts), Prompt = prompt is null ? [] : CodeFrames.FromTensor(prompt.narrow(0, first, texts.Length)),
            },
            null,
            CancellationToken.None);
        var together = Tokens(both, [9, 4, 0], 0, "long", "short", "");
        Exactly.Equal(Tokens(longer, [9], 0, "long"), together.narrow(0, 0, 1));
        Exactly.Equal(Tokens(shorter, [4], 1, "short"), together.narrow(0, 1, 1));
        Exactly.Equal(Tokens(zeros(1, 1, 32), [0], 2, ""), together.narrow(0, 2, 1));
    }

    [Theory]
    [InlineData("lm_generate")]
    [InlineData("lm_generate_prepend")]
    public void One_pass_and_two_step_guidance_sample_the_same_tokens(string golden)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load(golden);
        manual_seed(6);
        var condition = Texts(randn(2, 5, 32), [5, 3]);
        Tensor Tokens(bool twoStep) => TokenGenerator.Generate(
            model,
            new TokenRequest
            {
                BatchSize = 2, Frames = 12, Conditions = condition, Random = RandomSequence.ForItems(2, ["a", "b"]),
                Parameters = new GenerationParams { CfgCoef = 2.5, TwoStepCfg = twoStep },
            },
            null,
            CancellationToken.None);
        Exactly.Equal(Tokens(false), Tokens(true));
    }

    [Fact]
    public void Infinite_or_NaN_logits_throw_and_leak_no_tensors()
    {
        using var model = GoldenLM.Load("lm_generate");
        using (no_grad())
        {
            model.parameters().Last().fill_(double.NaN);
        }

        using var embeddings = zeros(1, 2, 32);
        var request = new TokenRequest
        {
            BatchSize = 1, Frames = 5, Conditions = Texts(embeddings, [2]), Parameters = new GenerationParams(), Random = RandomSequence.ForItems(1, ["x"]),
        };
        LiveTensors.NoneLeft(() => Assert.Contains(
            "not finite", Assert.Throws<AudioCraftException>(() => TokenGenerator.Generate(model, request)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Description_for_an_unconditional_model_throws()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_tiny_nocond");
        Assert.True(model.EncodeDescriptions([null, ""]).IsEmpty);
        Assert.Contains("'rain'", Assert.Throws<ArgumentException>(() => model.EncodeDescriptions([null, "rain"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_state_creation_leaks_no_tensors()
    {
        using var model = new LMModel(new LMConfig { Dim = 8, NumHeads = 2, NumLayers = 1, Cardinality = 5, NumCodebooks = 1, CrossConditions = [], SumConditions = ["a"] });
        using var embeddings = zeros(1, 3, 8);
        LiveTensors.NoneLeft(() => Assert.Throws<ArgumentException>(() => model.CreateState(1, 4, new ConditionTensors(new ConditionTensor("a", embeddings)))));
    }

    private static ConditionTensors Texts(Tensor embeddings, long[] lengths) => new(new ConditionTensor("description", embeddings, lengths));

    private static TokenRequest Request(LMModel model, SafetensorsFile io, JsonElement run)
    {
        var name = run.GetProperty("name").GetString()!;
        var arguments = run.GetProperty("generate_kwargs");
        var twoStep = arguments.TryGetProperty("two_step_cfg", out var two) && two.GetBoolean();

        // Upstream's two-step guidance uses the model's coefficient instead of the argument; ours uses the argument, so it is set to the model's.
        var coefficient = twoStep || !arguments.TryGetProperty("cfg_coef", out var given) ? model.Config.CfgCoef : given.GetDouble();
        var items = (int)io.Tensors[$"{name}/tokens"].Shape[0];
        return new TokenRequest
        {
            BatchSize = items,
            Frames = arguments.GetProperty("max_gen_len").GetInt32(),
            Prompt = io.Tensors.ContainsKey($"{name}/prompt") ? CodeFrames.FromTensor(io.Read($"{name}/prompt")) : [],
            Conditions = GoldenLM.Conditions(io, $"{name}/cond_", items),
            Parameters = new GenerationParams
            {
                UseSampling = false, CfgCoef = coefficient, TwoStepCfg = twoStep, UpstreamTextPadding = true,
                CfgCoefBeta = arguments.TryGetProperty("cfg_coef_beta", out var beta) ? beta.GetDouble() : null,
            },
            Random = RandomSequence.ForItems(0, new string?[items]),
        };
    }
}
