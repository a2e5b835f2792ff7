using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Generation;
using AudioCraft.LanguageModel;
using AudioCraft.Tests.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

[Collection(ProcessWideState.Name)]
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

    public static TheoryData<string, GenerationParams> Sampling() => new()
    {
        { "argmax", new GenerationParams { UseSampling = false } },
        { "temperature 0", new GenerationParams { Temperature = 0 } },
        { "all", new GenerationParams { TopK = 0 } },
        { "top-k", new GenerationParams { TopK = 3 } },
        { "top-p", new GenerationParams { TopP = 0.4 } },
        { "without guidance", new GenerationParams { CfgCoef = 1 } },
        { "unconditional only", new GenerationParams { CfgCoef = 0 } },
        { "two-step guidance", new GenerationParams { TwoStepCfg = true } },
        { "double guidance", new GenerationParams { CfgCoefBeta = 2 } },
    };

    // 17 items make more rows than the CPU kernel supports, so that the modules compute them.
    [Theory]
    [MemberData(nameof(Sampling))]
    public void One_infinite_or_NaN_logit_throws_and_leaks_no_tensors(string name, GenerationParams parameters)
    {
        _ = name;
        using var model = ModelWithBias();
        using var embeddings = zeros(17, 2, 32);
        foreach (var (value, items) in new[] { (float.NaN, 1), (float.NaN, 17), (float.PositiveInfinity, 1), (float.PositiveInfinity, 17) })
        {
            SetBias(model, codebook: 2, token: 37, value);
            LiveTensors.NoneLeft(() =>
            {
                using var part = embeddings.narrow(0, 0, items);
                var error = Assert.Throws<AudioCraftException>(() => TokenGenerator.Generate(model, Request(parameters, part)));
                Assert.Contains("decoding step 3 of 8 are not finite (item 0, codebook 2)", error.Message, StringComparison.Ordinal);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Sampling))]
    public void Logits_of_negative_infinity_exclude_tokens_unless_all_are(string name, GenerationParams parameters)
    {
        _ = name;
        using var scope = NewDisposeScope();
        using var model = ModelWithBias();
        var embeddings = zeros(17, 2, 32);
        foreach (var items in new[] { 1, 17 })
        {
            for (var token = 0; token < model.Config.Cardinality; token++)
            {
                SetBias(model, codebook: 1, token, token == 41 ? 0 : float.NegativeInfinity);
            }

            var tokens = TokenGenerator.Generate(model, Request(parameters, embeddings.narrow(0, 0, items)));
            Assert.True(tokens.select(1, 1).eq(41).all().item<bool>());
            SetBias(model, codebook: 1, token: 41, float.NegativeInfinity);
            Assert.Throws<AudioCraftException>(() => TokenGenerator.Generate(model, Request(parameters, embeddings.narrow(0, 0, items))));
        }
    }

    [Theory]
    [InlineData(ModelPrecision.Float32, 1)]
    [InlineData(ModelPrecision.Float32, 17)]
    [InlineData(ModelPrecision.BFloat16, 1)]
    [InlineData(ModelPrecision.Int8, 1)]
    public void NaN_in_any_weight_throws(ModelPrecision precision, int items)
    {
        using var scope = NewDisposeScope();
        using var weights = SafetensorsFile.Open(Golden.File("lm_generate", "weights.safetensors"));
        var values = weights.Tensors.Keys.Where(key => !key.StartsWith("condition_provider.", StringComparison.Ordinal)).ToDictionary(key => key, weights.Read);

        // libtorch's attention, which the modules use, returns zeros for a query of NaN.
        string[] withoutEffect = items == 1 ? [] : [.. values.Keys.Where(key => key.Contains("norm_cross", StringComparison.Ordinal))];
        using var json = Golden.Config("lm_generate");
        manual_seed(3);
        var embeddings = randn(items, 2, 32);
        foreach (var (name, value) in values.Where(pair => !withoutEffect.Contains(pair.Key)))
        {
            // The embedding of a token has an effect only once the token has been sampled; the last row is that of the special token.
            var element = value.view(-1)[^1];
            var before = element.item<float>();
            element.fill_(float.NaN);
            using var folder = new AudioCraft.Tests.Checkpoints.TemporaryFolder();
            SafetensorsWriter.Write(folder.File("weights.safetensors"), values);
            using var damaged = SafetensorsFile.Open(folder.File("weights.safetensors"));
            using var model = new LMModel(GoldenLM.Config(json.RootElement));
            LMWeights.LoadTo(CPU, model, damaged, precision);
            model.eval();
            var error = Record.Exception(() => TokenGenerator.Generate(model, Request(new GenerationParams { TopK = 3 }, embeddings)));
            Assert.True(error is AudioCraftException, $"{name}: {error}");
            element.fill_(before);
        }
    }

    [Fact]
    public async Task NaN_logits_end_whole_and_streamed_generation()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 0.5 };
        using (no_grad())
        {
            model.LM.parameters().Last().view(-1)[^1].fill_(double.NaN);
        }

        Assert.Throws<AudioCraftException>(() => model.Generate("rain"));
        await Assert.ThrowsAsync<AudioCraftException>(() => model.GenerateAsync("rain"));
        await Assert.ThrowsAsync<AudioCraftException>(async () =>
        {
            await foreach (var chunk in model.GenerateStreamingAsync("rain"))
            {
                chunk.Dispose();
            }
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(31)]
    [InlineData(36)]
    public void Logits_are_checked_at_every_position(int position)
    {
        var logits = new float[37];
        Assert.True(TokenSampler.CanChoose(logits));
        foreach (var value in new[] { float.NaN, float.PositiveInfinity })
        {
            logits[position] = value;
            Assert.False(TokenSampler.CanChoose(logits));
        }

        Array.Fill(logits, float.NegativeInfinity);
        Assert.False(TokenSampler.CanChoose(logits));
        logits[position] = -1e30f;
        Assert.True(TokenSampler.CanChoose(logits));
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

    private static LMModel ModelWithBias()
    {
        manual_seed(1);
        var model = new LMModel(new LMConfig { Dim = 32, NumHeads = 4, NumLayers = 2, Cardinality = 64, NumCodebooks = 4, BiasProjection = true, CrossConditions = ["description"] });
        model.eval();
        return model;
    }

    private static void SetBias(LMModel model, int codebook, int token, float value)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        model.named_parameters().Single(parameter => parameter.name == $"linears.{codebook}.bias").parameter[token].fill_(value);
    }

    private static TokenRequest Request(GenerationParams parameters, Tensor embeddings) => new()
    {
        BatchSize = (int)embeddings.size(0),
        Frames = 5,
        Conditions = Texts(embeddings, [.. Enumerable.Repeat(2L, (int)embeddings.size(0))]),
        Parameters = parameters,
        Random = RandomSequence.ForItems(1, new string?[embeddings.size(0)]),
    };

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
