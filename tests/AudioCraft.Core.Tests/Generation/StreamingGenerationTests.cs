using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

[Collection(ProcessWideState.Name)]
public class StreamingGenerationTests
{
    [Theory]
    [InlineData(0.7, 0.2)]
    [InlineData(0.02, 0.2)]
    [InlineData(1.3, 0.02)]
    [InlineData(4.4, 0.5)]
    public async Task Joined_chunks_match_the_whole_audio(double duration, double chunkSeconds)
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = duration, Seed = 21, ExtendStride = 1.5 };
        using var whole = model.Generate("rain on a tin roof");
        var (parts, starts) = await Collect(model.GenerateStreamingAsync("rain on a tin roof", chunkSeconds: chunkSeconds));
        using var joined = cat([.. parts], 1);
        using var expected = whole[0];
        Near.Equal(expected, joined, 1e-4);
        Assert.Equal(starts, parts.Select((_, i) => parts.Take(i).Sum(part => part.size(1))));
        parts.ForEach(part => part.Dispose());
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1L)]
    public async Task Several_items_stream_with_their_own_audio(long memoryLimit)
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 1.3, Seed = 5 };
        model.MemoryLimit = memoryLimit;
        string[] descriptions = ["rain", "a dog barks", ""];
        using var whole = model.Generate(descriptions);
        var parts = descriptions.Select(_ => new List<Tensor>()).ToArray();
        var steps = new List<GenerationProgress>();
        await foreach (var chunk in model.GenerateStreamingAsync(descriptions, chunkSeconds: 0.2, progress: new Each(steps.Add)))
        {
            Assert.Equal(parts[chunk.Item].Sum(part => part.size(1)), chunk.StartSample);
            parts[chunk.Item].Add(chunk.Audio);
        }

        Assert.Equal(steps[^1].TotalSteps, steps[^1].Step);
        for (var item = 0; item < descriptions.Length; item++)
        {
            using var joined = cat([.. parts[item]], 1);
            using var expected = whole[item];
            Near.Equal(expected, joined, 1e-4);
            parts[item].ForEach(part => part.Dispose());
        }
    }

    [Fact]
    public async Task Overlapping_reads_of_a_stream_throw()
    {
        using var model = AudioGenTests.Load();
        using var release = new ManualResetEventSlim();
        var chunks = model.GenerateStreamingAsync("rain", new GenerationParams { Duration = 1, Seed = 1 }, progress: new Each(_ => release.Wait())).GetAsyncEnumerator();
        var first = chunks.MoveNextAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await chunks.MoveNextAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await chunks.DisposeAsync());
        release.Set();
        Assert.True(await first);
        chunks.Current.Dispose();
        await chunks.DisposeAsync();
    }

    [Fact]
    public async Task First_chunk_needs_at_most_400_ms_of_tokens()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 2, Seed = 1 };
        var steps = 0;
        var progress = new Count(() => Interlocked.Increment(ref steps));
        var atFirst = 0;
        await foreach (var chunk in model.GenerateStreamingAsync("rain", progress: progress))
        {
            chunk.Dispose();
            atFirst = atFirst == 0 ? Volatile.Read(ref steps) : atFirst;
        }

        // The generator is at most three chunks of ten frames and two steps ahead of the reader.
        var first = FirstChunkStep(model);
        Assert.InRange(first, 1, (int)(0.4 * model.FrameRate));
        Assert.InRange(atFirst, first - 1, first + 40);
    }

    [Fact]
    public async Task Generation_waits_for_a_slow_reader()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 3, Seed = 1 };
        var steps = 0;
        var progress = new Count(() => Interlocked.Increment(ref steps));
        await using var chunks = model.GenerateStreamingAsync("rain", chunkSeconds: 0.1, progress: progress).GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());
        chunks.Current.Dispose();
        var before = -1;
        while (before != Volatile.Read(ref steps))
        {
            before = Volatile.Read(ref steps);
            await Task.Delay(300);
        }

        // At most three chunks of five frames are generated after the one that was read.
        Assert.InRange(before, 1, 45);
    }

    [Fact]
    public async Task Canceling_or_leaving_the_loop_ends_the_stream_and_leaks_no_tensors()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 3 };
        model.Generate("warm up").Dispose();
        var before = LiveTensors.Count();
        using var source = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var chunk in model.GenerateStreamingAsync("rain", cancellationToken: source.Token))
            {
                chunk.Dispose();
                await source.CancelAsync();
            }
        });
        await foreach (var chunk in model.GenerateStreamingAsync("rain"))
        {
            chunk.Dispose();
            break;
        }

        Assert.Equal(before, LiveTensors.Count());
        using var after = model.Generate("still works");
        Assert.Equal(48000, after.size(2));
    }

    [Fact]
    public async Task Errors_are_thrown_by_the_enumeration()
    {
        using var model = AudioGenTests.Load();
        model.GenerationParams = new GenerationParams { Duration = 0.001 };
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Collect(model.GenerateStreamingAsync("rain")));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.GenerateStreamingAsync("rain", chunkSeconds: 0));
        Assert.Throws<ArgumentNullException>(() => model.GenerateStreamingAsync((string)null!));
        Assert.Throws<ArgumentException>(() => model.GenerateStreamingAsync(Array.Empty<string>()));
        Assert.Throws<ArgumentException>(() => model.GenerateStreamingAsync(["rain", null!]));
    }

    [Fact]
    public async Task Model_can_generate_while_its_stream_is_read()
    {
        using var model = AudioGenTests.Load();
        var parameters = new GenerationParams { Duration = 1, Seed = 3 };
        using var expected = model.Generate("rain", parameters);
        var audio = new List<Tensor>();
        await foreach (var chunk in model.GenerateStreamingAsync("rain", parameters))
        {
            audio.Add(chunk.Audio);
            using var other = model.Generate("wind", new GenerationParams { Duration = 0.2 });
            Assert.Equal(3200, other.size(2));
        }

        using var joined = cat([.. audio], 1);
        using var item = expected[0];
        Near.Equal(item, joined, 1e-4);
        audio.ForEach(chunk => chunk.Dispose());
    }

    [Fact]
    public async Task Disposing_the_model_ends_its_stream()
    {
        var model = AudioGenTests.Load();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var chunk in model.GenerateStreamingAsync("rain", new GenerationParams { Duration = 3 }))
            {
                chunk.Dispose();
                model.Dispose();
            }
        });
        Assert.Throws<ObjectDisposedException>(() => model.Generate("rain"));
    }

    [Fact]
    public async Task Unfinished_stream_does_not_block_other_calls()
    {
        using var model = AudioGenTests.Load();
        var chunks = model.GenerateStreamingAsync("rain", new GenerationParams { Duration = 3 }).GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());
        chunks.Current.Dispose();

        using var other = await model.GenerateAsync("wind", new GenerationParams { Duration = 0.2 }).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(3200, other.size(2));
        await chunks.DisposeAsync();
    }

    private static int FirstChunkStep(AudioGen model)
    {
        var encodec = (EncodecModel)model.CompressionModel;
        using var decoder = encodec.CreateStreamingDecoder();
        return decoder.StartupFrames + 3;
    }

    private static async Task<(List<Tensor> Pieces, List<long> Starts)> Collect(IAsyncEnumerable<AudioChunk> chunks)
    {
        var (parts, starts) = (new List<Tensor>(), new List<long>());
        await foreach (var chunk in chunks)
        {
            parts.Add(chunk.Audio);
            starts.Add(chunk.StartSample);
        }

        return (parts, starts);
    }

    private sealed class Each(Action<GenerationProgress> receive) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => receive(value);
    }

    private sealed class Count(Action one) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => one();
    }
}
