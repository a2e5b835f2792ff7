namespace AudioCraft.Hosting.Tests;

/// <summary>Streams.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task First_chunk_is_delivered_before_the_last_is_generated()
    {
        await using var test = await TestHost.StartAsync();
        var stream = test.Generator.Stream(new SoundRequest("x") { Seed = 5 });
        Assert.Equal(5, stream.Seed);
        await using var chunks = stream.GetAsyncEnumerator();
        for (var i = 0; i < FakeGenerator.StepCount; i++)
        {
            test.Model.Steps.Release();
            Assert.True(await chunks.MoveNextAsync());
            Assert.Equal((200L * i, 200, 1, FakeGenerator.Rate), (chunks.Current.StartFrame, chunks.Current.Frames, chunks.Current.Channels, chunks.Current.SampleRate));
        }

        Assert.False(await chunks.MoveNextAsync());
    }

    [Fact]
    public async Task Model_waits_when_the_buffer_of_a_stream_is_full()
    {
        await using var test = await TestHost.StartAsync(options => (options.StreamAhead, options.ChunkSeconds) = (0.4, 0.2));
        var stream = test.Generator.Stream(new SoundRequest("x"));
        test.Model.Run();

        // Two chunks are buffered, the third waits for room.
        await TestHost.Until(() => test.Model.ChunkCount == 3);
        await using var chunks = stream.GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());
        await TestHost.Until(() => test.Model.ChunkCount == 4);
        Assert.Equal(1_000_000 - 4, test.Model.Steps.CurrentCount);
        for (var i = 1; i < FakeGenerator.StepCount; i++)
        {
            Assert.True(await chunks.MoveNextAsync());
        }

        Assert.False(await chunks.MoveNextAsync());
    }

    [Fact]
    public async Task Slow_consumer_is_dropped_after_the_timeout_and_the_next_request_runs()
    {
        await using var test = await TestHost.StartAsync(
            options => (options.StreamAhead, options.ChunkSeconds, options.ConsumerTimeout) = (0.2, 0.2, TimeSpan.FromSeconds(10)));
        var asleep = test.Generator.Stream(new SoundRequest("asleep"));
        var other = test.Generator.GenerateAsync(new SoundRequest("other") { Duration = 2 });
        test.Model.Run();
        await TestHost.Until(() => test.Model.ChunkCount == 2);
        while (!other.IsCompleted)
        {
            test.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.Equal(2000, (await other).Frames);
        await Assert.ThrowsAsync<SlowConsumerException>(() => QueueTests.ToListAsync(asleep));
    }

    [Fact]
    public async Task Consumer_can_leave_while_the_model_waits_for_it()
    {
        await using var test = await TestHost.StartAsync(options => (options.StreamAhead, options.ChunkSeconds) = (0.2, 0.2));
        using var cancel = new CancellationTokenSource();
        var lagging = test.Generator.Stream(new SoundRequest("lagging"), null, cancel.Token);
        var next = test.Generator.GenerateAsync(new SoundRequest("next") { Duration = 2 });
        test.Model.Run();
        await TestHost.Until(() => test.Model.ChunkCount == 2);
        await cancel.CancelAsync();
        Assert.Equal(2000, (await next).Frames);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QueueTests.ToListAsync(lagging));
    }

    [Fact]
    public async Task Leaving_or_disposing_a_stream_ends_the_generation()
    {
        await using var test = await TestHost.StartAsync();
        var left = test.Generator.Stream(new SoundRequest("left"));
        test.Model.Steps.Release();
        await foreach (var chunk in left)
        {
            Assert.Equal(0, chunk.StartFrame);
            break;
        }

        var unheard = test.Generator.Stream(new SoundRequest("unheard"));
        test.Model.Steps.Release();
        await test.Model.BegunAsync();
        await test.Model.BegunAsync();
        Assert.Equal(1, test.Model.Canceled);
        await unheard.DisposeAsync();
        await unheard.DisposeAsync();

        var waiting = test.Generator.Stream(new SoundRequest("waiting"));
        await waiting.DisposeAsync();
        Assert.Equal(0, test.Generator.QueueLength);
        test.Model.Run();
        await test.Generator.GenerateAsync(new SoundRequest("after"));
        Assert.Equal(["left", "unheard", "after"], test.Model.Batches.SelectMany(batch => batch.Descriptions));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QueueTests.ToListAsync(unheard));
    }

    [Fact]
    public async Task Cancellation_ends_the_enumeration_although_chunks_are_buffered()
    {
        await using var test = await TestHost.StartAsync();
        using var cancel = new CancellationTokenSource();
        var stream = test.Generator.Stream(new SoundRequest("x"), null, cancel.Token);
        test.Model.Steps.Release(3);
        await TestHost.Until(() => test.Model.ChunkCount == 3);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QueueTests.ToListAsync(stream));

        using var cancelEnumeration = new CancellationTokenSource();
        var other = test.Generator.Stream(new SoundRequest("y"));
        test.Model.Run();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var chunk in other.WithCancellation(cancelEnumeration.Token))
            {
                await cancelEnumeration.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task Exception_of_the_generation_is_thrown_after_the_generated_chunks()
    {
        await using var test = await TestHost.StartAsync();
        var stream = test.Generator.Stream(new SoundRequest("x"), new Reports(report => { if (report.Step == 3) { throw new FormatException(); } }));
        test.Model.Run();
        var heard = 0;
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var chunk in stream)
            {
                heard++;
            }
        });
        Assert.Equal(2, heard);
        await Assert.ThrowsAsync<InvalidOperationException>(() => QueueTests.ToListAsync(stream));
    }
}
