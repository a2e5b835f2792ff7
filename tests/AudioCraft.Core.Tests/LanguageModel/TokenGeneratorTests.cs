using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

public class TokenGeneratorTests
{
    public static TheoryData<string> Runs()
    {
        using var json = Golden.Config("lm_generate");
        return [.. json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("name").GetString()!)];
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Greedy_tokens_equal_upstreams(string name)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_generate");
        using var io = Golden.Tensors("lm_generate");
        using var json = Golden.Config("lm_generate");
        var run = json.RootElement.GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("name").GetString() == name);
        var arguments = run.GetProperty("generate_kwargs");
        var request = Request(model, io, run);
        var tokens = TokenGenerator.Generate(model, request, null, CancellationToken.None);
        var from = arguments.TryGetProperty("remove_prompts", out var remove) && remove.GetBoolean() ? request.Prompt!.size(2) : 0;
        Exactly.Equal(io.Read($"{name}/tokens"), tokens.narrow(2, from, tokens.size(2) - from));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_models_outputs_at_the_first_steps_equal_upstreams(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = GoldenLM.Load("lm_generate");
        using var io = Golden.Tensors("lm_generate");
        foreach (var part in new[] { ("raw", "cond"), ("raw_cond", "cond"), ("raw_uncond", "null") })
        {
            var (raw, condition) = part;
            if (!io.Tensors.TryGetValue($"{name}/step0/{raw}", out var info))
            {
                continue;
            }

            var expected = io.Read($"{name}/step0/{raw}");
            var tokens = full([info.Shape[0], 4, info.Shape[2]], model.SpecialToken, dtype: ScalarType.Int64);
            if (io.Tensors.ContainsKey($"{name}/prompt"))
            {
                var prompt = io.Read($"{name}/prompt");
                var (sequence, _, _) = model.PatternProvider.GetPattern((int)prompt.size(2)).BuildSequence(prompt, model.SpecialToken);
                tokens = sequence.narrow(2, 0, info.Shape[2]).repeat(info.Shape[0] / prompt.size(0), 1, 1);
            }

            // INDEX.md gives no noise for this case; lm_tiny, of the same shape, has 1e-6 of the largest logit.
            Near.Equal(expected, model.forward(tokens, io.Read($"{name}/{condition}_embeds")), 5e-6);
        }
    }

    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(1.0, 1)]
    [InlineData(3.0, 2)]
    public void No_second_row_is_computed_where_guidance_does_not_need_it(double coefficient, int expectedRows)
    {
        using var scope = NewDisposeScope();
        var texts = new TextCondition(zeros(2, 3, 4), [3, 2]);
        Assert.Equal(2 * expectedRows, GuidancePass.PlanRows(2, texts, coefficient).Sum(part => part.Count));
        var nobody = new TextCondition(zeros(2, 1, 4), [0, 0]);
        Assert.Equal(2, GuidancePass.PlanRows(2, nobody, coefficient).Sum(part => part.Count));
        var oneOfTwo = new TextCondition(zeros(2, 3, 4), [3, 0]);
        Assert.Equal(1 + expectedRows, GuidancePass.PlanRows(2, oneOfTwo, coefficient).Sum(part => part.Count));
    }

    [Fact]
    public void An_item_gets_the_same_tokens_alone_and_beside_a_longer_text()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_generate");
        manual_seed(5);
        var longer = randn(1, 9, 32);
        var shorter = randn(1, 4, 32);
        var both = cat([longer, cat([shorter, zeros(1, 5, 32)], 1)], 0);
        var parameters = new GenerationParams { Seed = 11, TopK = 20 };
        Tensor Tokens(TextCondition condition, params string[] texts) => TokenGenerator.Generate(
            model,
            new TokenRequest { BatchSize = texts.Length, Frames = 20, Condition = condition, Parameters = parameters, Draws = DrawSequence.ForItems(11, texts) },
            null,
            CancellationToken.None);
        var together = Tokens(new TextCondition(both, [9, 4]), "long", "short");
        Exactly.Equal(Tokens(new TextCondition(longer, [9]), "long"), together.narrow(0, 0, 1));
        Exactly.Equal(Tokens(new TextCondition(shorter, [4]), "short"), together.narrow(0, 1, 1));
    }

    [Fact]
    public void Sampling_with_guidance_in_one_pass_and_in_two_gives_the_same_tokens()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_generate");
        manual_seed(6);
        var condition = new TextCondition(randn(2, 5, 32), [5, 5]);
        Tensor Tokens(bool twoStep) => TokenGenerator.Generate(
            model,
            new TokenRequest
            {
                BatchSize = 2, Frames = 12, Condition = condition, Draws = DrawSequence.ForItems(2, ["a", "b"]),
                Parameters = new GenerationParams { CfgCoef = 2.5, TwoStepCfg = twoStep },
            },
            null,
            CancellationToken.None);
        Exactly.Equal(Tokens(false), Tokens(true));
    }

    [Fact]
    public void Weights_that_make_logits_infinite_or_NaN_are_a_typed_error_and_leave_nothing_alive()
    {
        using var model = GoldenLM.Load("lm_generate");
        using (no_grad())
        {
            model.parameters().Last().fill_(double.NaN);
        }

        using var embeddings = zeros(1, 2, 32);
        var request = new TokenRequest
        {
            BatchSize = 1, Frames = 5, Condition = new TextCondition(embeddings, [2]), Parameters = new GenerationParams(), Draws = DrawSequence.ForItems(1, ["x"]),
        };
        LiveTensors.NoneLeft(() => Assert.Contains(
            "not finite", Assert.Throws<AudioCraftException>(() => TokenGenerator.Generate(model, request, null, CancellationToken.None)).Message, StringComparison.Ordinal));
    }

    private static TokenRequest Request(LMModel model, SafetensorsFile io, JsonElement run)
    {
        var name = run.GetProperty("name").GetString();
        var arguments = run.GetProperty("generate_kwargs");
        var texts = run.GetProperty("texts").EnumerateArray().Select(text => text.GetString()).ToList();
        var twoStep = arguments.TryGetProperty("two_step_cfg", out var two) && two.GetBoolean();

        // Upstream ignores the coefficient it is given in two-step guidance and takes the model's; ours honours it, so it is given that.
        var coefficient = twoStep || !arguments.TryGetProperty("cfg_coef", out var given) ? model.Config.CfgCoef : given.GetDouble();
        var lengths = io.Read($"{name}/cond_mask").sum(1).data<long>().ToArray()[..texts.Count];
        return new TokenRequest
        {
            BatchSize = texts.Count,
            Frames = arguments.GetProperty("max_gen_len").GetInt32(),
            Prompt = io.Tensors.ContainsKey($"{name}/prompt") ? io.Read($"{name}/prompt") : null,
            Condition = new TextCondition(io.Read($"{name}/cond_embeds").narrow(0, 0, texts.Count), lengths),
            Parameters = new GenerationParams { UseSampling = false, CfgCoef = coefficient, TwoStepCfg = twoStep, UpstreamTextPadding = true },
            Draws = DrawSequence.ForItems(0, texts),
        };
    }
}
