using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>Seeds, memory and many calls.</summary>
[Collection(ProcessWideState.Name)]
public class RequestTests
{
    [Fact]
    public void Item_seeds_give_the_same_audio_as_alone()
    {
        using var scope = NewDisposeScope();
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 0.4, ItemSeeds = [5, 6, 5] };
        var (_, together) = model.GenerateWithTokens(["rain", "rain", "wind"]);
        foreach (var (item, text, seed) in new[] { (0, "rain", 5), (1, "rain", 6), (2, "wind", 5) })
        {
            model.GenerationParams = new GenerationParams { Duration = 0.4, Seed = seed };
            Exactly.Equal(model.GenerateWithTokens([text]).Tokens, together.narrow(0, item, 1));
        }

        model.GenerationParams = new GenerationParams { Duration = 0.4, ItemSeeds = [1, 2] };
        Assert.Contains("2 seeds for 1 items", Assert.Throws<ArgumentException>(() => model.Generate("rain")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_are_checked_and_copied_before_the_call_waits_for_the_model()
    {
        using var model = AudioGenTests.Load();
        using var prompt = zeros(1, 16000);
        using var began = new SemaphoreSlim(0);
        using var go = new ManualResetEventSlim();
        var busy = model.GenerateAsync("rain", new GenerationParams { Duration = 0.1 }, new Collector(_ =>
        {
            began.Release();
            go.Wait();
        }));
        await began.WaitAsync();
        try
        {
            foreach (var bad in new[]
            {
                new GenerationParams { Duration = 0.1, ItemSeeds = [1, 2] }, new GenerationParams { Duration = 0.001 }, new GenerationParams { Duration = 6, ExtendStride = 5 },
            })
            {
                Assert.ThrowsAny<ArgumentException>(() => { _ = model.GenerateAsync("rain", bad); });
                Assert.ThrowsAny<ArgumentException>(() => { _ = model.GenerateUnconditionalAsync(1, bad); });
                Assert.ThrowsAny<ArgumentException>(() => model.GenerateStreamingAsync("rain", bad));
                Assert.ThrowsAny<ArgumentException>(() => { _ = model.GenerateContinuationAsync(prompt, 16000, null, bad); });
            }

            Assert.ThrowsAny<ArgumentException>(() => { _ = model.ContinueRecordingAsync(prompt, 16000, null, new GenerationParams { Duration = 0.1, ItemSeeds = [1, 2] }); });
            Assert.ThrowsAny<ArgumentException>(() => { _ = model.GenerateContinuationAsync(prompt, 16000, null, new GenerationParams { Duration = 1 }); });
            var seeds = new List<long> { 5 };
            var waiting = model.GenerateWithTokensAsync(["rain"], new GenerationParams { Duration = 0.1, ItemSeeds = seeds });
            seeds.Clear();
            go.Set();
            var (audio, tokens) = await waiting;
            var (expectedAudio, expected) = model.GenerateWithTokens(["rain"], new GenerationParams { Duration = 0.1, Seed = 5 });
            Exactly.Equal(expected, tokens);
            foreach (var tensor in new[] { audio, tokens, expectedAudio, expected })
            {
                tensor.Dispose();
            }
        }
        finally
        {
            go.Set();
            (await busy).Dispose();
        }
    }

    [Fact]
    public void Calls_split_by_the_memory_limit_give_the_same_results()
    {
        using var scope = NewDisposeScope();
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 0.5, Seed = 9 };
        string[] texts = ["rain", "wind in the trees", "rain", "a dog", ""];
        var (wholeAudio, wholeTokens) = model.GenerateWithTokens(texts);
        var one = model.EstimateMemory(texts) / texts.Length;
        Assert.Equal(5 * model.EstimateMemory(), model.EstimateMemory(5));
        model.MemoryLimit = (2 * one) + 1;
        Assert.Equal(2 * one, model.EstimateMemory(texts));
        var reports = new List<GenerationProgress>();
        var (audio, tokens) = model.GenerateWithTokens(texts, progress: new Collector(reports.Add));
        Exactly.Equal(wholeTokens, tokens);
        Near.Equal(wholeAudio, audio, 1e-6);
        Assert.Equal(Enumerable.Range(1, 3 * 28), reports.Select(report => report.Step));
        Assert.All(reports, report => Assert.Equal(3 * 28, report.TotalSteps));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.MemoryLimit = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.EstimateMemory(0));
    }

    [Fact]
    public async Task Texts_longer_than_the_text_encoder_accepts_throw_before_anything_is_computed()
    {
        using var model = AudioGen.GetPretrained("audiogen-tiny", CPU);
        model.GenerationParams = new GenerationParams { Duration = 0.1, Seed = 1 };
        var encoder = ((T5Conditioner)model.LM.Conditioners["description"]).TextEncoder;
        Assert.Equal(512, encoder.MaxTokens);
        var longest = string.Join(' ', Enumerable.Repeat("rain", 511));
        Assert.Equal(512, encoder.CountTokens(longest));
        model.Generate(longest).Dispose();
        foreach (var text in new[] { longest + " rain", new string('x', 20_000), string.Join(' ', Enumerable.Repeat("heavy rain", 2_000)), new string('x', 10_000_000), new string(' ', 10_000_000) })
        {
            var error = Assert.Throws<ArgumentException>(() => model.Generate(["rain", text]));
            Assert.Contains("Description 1", error.Message, StringComparison.Ordinal);
            Assert.Contains("at most 512", error.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArgumentException>(() => model.GenerateAsync(text));
            Assert.Throws<ArgumentException>(() => model.GenerateStreamingAsync(text));
            Assert.Throws<ArgumentException>(() => model.EstimateMemory([text]));
            LiveTensors.NoneLeft(() =>
            {
                using var prompt = zeros(1, 4000);
                Assert.Throws<ArgumentException>(() => model.GenerateContinuation(prompt, 16000, [text]));
                Assert.Throws<ArgumentException>(() => model.ContinueRecording(prompt, 16000, [text]));
            });
        }

        encoder.MaxTokens = 513;
        model.Generate(longest + " rain").Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.MaxTokens = 0);
    }

    [Fact]
    public void Memory_estimate_counts_the_tokens_of_the_descriptions()
    {
        using var model = AudioGen.GetPretrained("audiogen-tiny", CPU);
        model.GenerationParams = new GenerationParams { Duration = 0.1 };
        ((T5Conditioner)model.LM.Conditioners["description"]).TextEncoder.MaxTokens = 20_001;
        var longText = string.Join(' ', Enumerable.Repeat("rain", 20_000));

        // The scores of four heads alone.
        Assert.InRange(model.EstimateMemory([longText]), 4L * 20_001 * 20_001 * sizeof(float), long.MaxValue);
        Assert.InRange(model.EstimateMemory(["rain"]), 1, model.EstimateMemory(1));
    }

    [LinuxFact]
    [Trait("Category", "Slow")]
    public void Memory_estimate_covers_the_measured_use()
    {
        using var codec = CompressionModel.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        using var lm = new LMModel(new LMConfig { Dim = 512, NumHeads = 8, NumLayers = 8, Cardinality = 64, CrossConditions = [] });
        using var model = new AudioGen("larger", codec, lm, 10);
        model.GenerationParams = new GenerationParams { Duration = 4, UseSampling = false };
        const int items = 6;
        model.GenerateUnconditional(1).Dispose();
        // Without guidance there is one row for each item, half of the estimate's two.
        // There is no lower bound: the allocator may already hold all memory of the call.
        var estimate = model.EstimateMemory(items);
        var used = ResidentMemory.PeakOf(() => model.GenerateUnconditional(items).Dispose(), limit: estimate);
        Assert.True(used <= estimate, $"{estimate} estimated, {used} used");
        Assert.True(estimate < 20 * Math.Max(used, 1 << 22), $"{estimate} estimated, {used} used");
    }

    [Fact]
    public async Task Async_call_matches_the_synchronous_call_and_can_be_canceled()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 0.3, Seed = 2 };
        using var expected = model.Generate("rain");
        using var actual = await model.GenerateAsync("rain");
        Near.Equal(expected, actual, 0);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.GenerateAsync(["rain"], cancellationToken: source.Token));
        Assert.Throws<ArgumentNullException>(() => { _ = model.GenerateAsync((string)null!); });
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Two_hundred_calls_with_failures_leak_nothing()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 0.2, Seed = 1 };
        for (var i = 0; i < 20; i++)
        {
            OneOfMany(model, i);
        }

        LiveTensors.NoneLeft(TwoHundred);
        if (ResidentMemory.CanMeasure)
        {
            var limit = 32L << 20;
            Assert.InRange(ResidentMemory.PeakOf(TwoHundred, limit), long.MinValue, limit);
        }

        void TwoHundred()
        {
            for (var i = 0; i < 200; i++)
            {
                OneOfMany(model, i);
            }
        }
    }

    private static void OneOfMany(AudioGen model, int i)
    {
        switch (i % 5)
        {
            case 0:
                using (var source = new CancellationTokenSource())
                {
                    Assert.Throws<OperationCanceledException>(() =>
                        model.Generate("canceled", progress: new Collector(report => { if (report.Step == 3) { source.Cancel(); } }), cancellationToken: source.Token));
                }

                break;
            case 1:
                Assert.Throws<ArgumentException>(() => model.Generate(Array.Empty<string>()));
                break;
            case 2:
                Assert.Throws<InvalidOperationException>(() => model.Generate("fails", progress: new Collector(_ => throw new InvalidOperationException("the receiver fails"))));
                break;
            default:
                model.Generate([$"sound {i}", "another"]).Dispose();
                break;
        }
    }

    private sealed class Collector(Action<GenerationProgress> receive) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => receive(value);
    }
}
