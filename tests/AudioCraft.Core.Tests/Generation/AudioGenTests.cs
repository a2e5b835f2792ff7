using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

[Collection(ProcessWideState.Name)]
public class AudioGenTests
{
    private const string Case = "audiogen_tiny_checkpoint";

    // A few times the difference between one and two threads, which is 1e-6 of the largest value (INDEX.md).
    private const double Noise = 1e-5;

    public static TheoryData<string> Runs()
    {
        using var json = Golden.Config(Case);
        return [.. json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("name").GetString()!)];
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Tokens_and_audio_of_a_checkpoint_directory_match_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        using var io = Golden.Tensors(Case);
        var run = Run(name);
        Configure(model, run.GetProperty("params"));
        var (audio, tokens) = Call(model, run, io.Tensors.ContainsKey($"{name}/prompt") ? io.Read($"{name}/prompt") : null, null);
        Exactly.Equal(io.Read($"{name}/tokens"), tokens);
        Near.Equal(io.Read($"{name}/wav"), audio, Noise);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Progress_increases_and_ends_at_its_total(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        using var io = Golden.Tensors(Case);
        var run = Run(name);
        Configure(model, run.GetProperty("params"));
        var reports = new Reports();
        Call(model, run, io.Tensors.ContainsKey($"{name}/prompt") ? io.Read($"{name}/prompt") : null, reports);
        Assert.Equal(run.GetProperty("progress_callback_count").GetInt32(), reports.Seen.Count);
        Assert.Equal(Enumerable.Range(1, reports.Seen.Count), reports.Seen.Select(report => report.Step));
        Assert.All(reports.Seen, report => Assert.Equal(reports.Seen.Count, report.TotalSteps));
    }

    [Fact]
    public void Model_properties_match_upstream()
    {
        using var model = Load();
        Assert.Equal((16000, 50.0, 3.0, 1), (model.SampleRate, model.FrameRate, model.MaxDuration, model.AudioChannels));
        Assert.Equal(new GenerationParams { Duration = 5 }, model.GenerationParams);
        model.SetGenerationParams();
        Assert.Equal(new GenerationParams { Duration = 10, TopK = 250, CfgCoef = 3, ExtendStride = 2 }, model.GenerationParams);
    }

    [Fact]
    public void Same_seed_gives_same_audio_alone_and_in_a_batch()
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        model.GenerationParams = new GenerationParams { Duration = 0.6, Seed = 42 };
        var (_, together) = model.GenerateWithTokens(["sirens pass by", "a dog barks in the distance", "a dog barks in the distance"]);
        var (_, alone) = model.GenerateWithTokens(["a dog barks in the distance"]);
        var (_, again) = model.GenerateWithTokens(["a dog barks in the distance"]);
        Exactly.Equal(alone, again);
        Exactly.Equal(alone, together.narrow(0, 1, 1));
        Assert.False(Same(together.narrow(0, 2, 1), alone));
        model.GenerationParams = model.GenerationParams with { Seed = 43 };
        var (_, other) = model.GenerateWithTokens(["a dog barks in the distance"]);
        Assert.False(Same(other, alone));
    }

    [Fact]
    public void Generate_leaks_no_tensors()
    {
        using var model = Load();
        model.GenerationParams = new GenerationParams { Duration = 3.5, ExtendStride = 1, TopK = 10 };
        model.Generate("warm up").Dispose();
        var results = new List<Tensor>();
        LiveTensors.Left(1, () => results.Add(model.Generate(["rain", "wind over a hill"])));
        LiveTensors.Left(1, () => results.Add(model.GenerateUnconditional(2)));
        LiveTensors.NoneLeft(() =>
        {
            using var prompt = zeros(1, 4000);
            model.GenerateContinuation(prompt, 8000).Dispose();
        });
        results.ForEach(result => result.Dispose());
    }

    [Fact]
    public void Loading_and_disposing_a_model_leaks_no_tensors() => LiveTensors.NoneLeftOfModules(() => Load().Dispose());

    [Fact]
    public void Results_survive_dispose_scopes_and_require_no_gradients()
    {
        using var model = Load();
        var parameters = new GenerationParams { Duration = 0.1, Seed = 1 };
        Tensor wav, tokens;
        using (NewDisposeScope())
        {
            wav = model.Generate("rain", parameters);
            (var audio, tokens) = model.GenerateWithTokens(["rain"], parameters);
            audio.Dispose();
        }

        Assert.False(wav.IsInvalid || tokens.IsInvalid);
        Assert.False(wav.requires_grad);
        Assert.Equal([1, 1, 1600], wav.shape);
        Assert.Equal([1, 4, 5], tokens.shape);
        wav.Dispose();
        tokens.Dispose();
    }

    [Fact]
    public void Canceled_generation_stops_between_steps_and_leaks_no_tensors()
    {
        using var model = Load();
        model.GenerationParams = new GenerationParams { Duration = 2 };
        model.Generate("warm up").Dispose();
        LiveTensors.NoneLeft(() =>
        {
            using var source = new CancellationTokenSource();
            var reports = new Reports { AfterEach = report => { if (report.Step == 5) { source.Cancel(); } } };
            Assert.Throws<OperationCanceledException>(() => model.Generate("rain", progress: reports, cancellationToken: source.Token));
            Assert.Equal(5, reports.Seen.Count);
        });
    }

    [Fact]
    public async Task Concurrent_calls_give_the_same_results_as_sequential_calls()
    {
        using var model = Load();
        model.GenerationParams = new GenerationParams { Duration = 0.3, Seed = 1 };
        var prompts = Enumerable.Range(0, 4).Select(i => $"sound number {i}").ToArray();
        var alone = prompts.Select(prompt => model.Generate(prompt)).ToArray();
        var together = await Task.WhenAll(prompts.Select(prompt => Task.Run(() => model.Generate(prompt))));
        for (var i = 0; i < prompts.Length; i++)
        {
            Near.Equal(alone[i], together[i], 0);
            alone[i].Dispose();
            together[i].Dispose();
        }
    }

    [Fact]
    public void Long_generation_works_for_durations_between_frames()
    {
        using var model = Load();
        foreach (var duration in new[] { 3.01, 3.019, 3.021, 4.99, 5.0, 5.001 })
        {
            model.GenerationParams = new GenerationParams { Duration = duration, ExtendStride = 0.99, UseSampling = false, CfgCoef = 1 };
            using var wav = model.Generate("rain");
            Assert.InRange(wav.size(2) / 320.0, (duration * 50) - 2, duration * 50);
        }
    }

    internal static AudioGen Load() => AudioGen.GetPretrained(Golden.Directory(Case), CPU);

    private static bool Same(Tensor a, Tensor b) => a.eq(b).all().item<bool>();

    private static JsonElement Run(string name)
    {
        using var json = Golden.Config(Case);
        return json.RootElement.GetProperty("runs").EnumerateArray().Single(run => run.GetProperty("name").GetString() == name).Clone();
    }

    // The golden batches depend on upstream's padding, which depends on the longest text of a batch.
    private static void Configure(AudioGen model, JsonElement parameters)
    {
        double Number(string name, double fallback) => parameters.TryGetProperty(name, out var value) ? value.GetDouble() : fallback;
        model.GenerationParams = new GenerationParams
        {
            UseSampling = parameters.GetProperty("use_sampling").GetBoolean(),
            Duration = Number("duration", 10),
            CfgCoef = Number("cfg_coef", 3),
            ExtendStride = Number("extend_stride", 2),
            TwoStepCfg = parameters.TryGetProperty("two_step_cfg", out var two) && two.GetBoolean(),
            UpstreamTextPadding = true,
        };
    }

    private static (Tensor Audio, Tensor Tokens) Call(AudioGen model, JsonElement run, Tensor? prompt, IProgress<GenerationProgress>? progress)
    {
        var descriptions = run.TryGetProperty("descriptions", out var texts) ? texts.EnumerateArray().Select(text => text.GetString()!).ToList() : null;
        return run.GetProperty("call").GetString() switch
        {
            "generate" => model.GenerateWithTokens(descriptions!, progress: progress),
            "generate_continuation" => model.GenerateContinuationWithTokens(prompt!, run.GetProperty("prompt").GetProperty("sample_rate").GetInt32(), descriptions, progress: progress),
            "generate_unconditional" => model.GenerateUnconditionalWithTokens(run.GetProperty("num_samples").GetInt32(), progress: progress),
            var other => throw new InvalidOperationException(other),
        };
    }

    private sealed class Reports : IProgress<GenerationProgress>
    {
        public List<GenerationProgress> Seen { get; } = [];

        public Action<GenerationProgress>? AfterEach { get; init; }

        public void Report(GenerationProgress value)
        {
            Seen.Add(value);
            AfterEach?.Invoke(value);
        }
    }
}
