namespace AudioCraft.Hosting.Tests;

/// <summary>Sound that is heard while it is made.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task The_first_piece_comes_before_the_last_is_made()
    {
        await using var test = await TestHost.StartAsync();
        var stream = test.Generator.Stream(new SoundRequest("x") { Seed = 5 });
        Assert.Equal(5, stream.Seed);
        await using var pieces = stream.GetAsyncEnumerator();
        for (var i = 0; i < StandInGenerator.StepCount; i++)
        {
            test.Model.Steps.Release();
            Assert.True(await pieces.MoveNextAsync());
            Assert.Equal((200L * i, 200, 1, StandInGenerator.Rate), (pieces.Current.StartFrame, pieces.Current.Frames, pieces.Current.Channels, pieces.Current.SampleRate));
        }

        Assert.False(await pieces.MoveNextAsync());
    }

    [Fact]
    public async Task The_model_waits_for_a_listener_who_has_enough_waiting()
    {
        await using var test = await TestHost.StartAsync(options => (options.StreamAhead, options.ChunkSeconds) = (0.4, 0.2));
        var stream = test.Generator.Stream(new SoundRequest("x"));
        test.Model.Run();

        // Two pieces wait, the third is in the model's hands.
        await TestHost.Until(() => test.Model.ChunksMade == 3);
        await using var pieces = stream.GetAsyncEnumerator();
        Assert.True(await pieces.MoveNextAsync());
        await TestHost.Until(() => test.Model.ChunksMade == 4);
        Assert.Equal(1_000_000 - 4, test.Model.Steps.CurrentCount);
        for (var i = 1; i < StandInGenerator.StepCount; i++)
        {
            Assert.True(await pieces.MoveNextAsync());
        }

        Assert.False(await pieces.MoveNextAsync());
    }

    [Fact]
    public async Task A_listener_who_takes_nothing_for_too_long_is_dropped_so_that_others_get_their_turn()
    {
        await using var test = await TestHost.StartAsync(
            options => (options.StreamAhead, options.ChunkSeconds, options.ListenerTimeout) = (0.2, 0.2, TimeSpan.FromSeconds(10)));
        var asleep = test.Generator.Stream(new SoundRequest("asleep"));
        var other = test.Generator.GenerateAsync(new SoundRequest("other") { Duration = 2 });
        test.Model.Run();
        await TestHost.Until(() => test.Model.ChunksMade == 2);
        while (!other.IsCompleted)
        {
            test.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.Equal(2000, (await other).Frames);
        await Assert.ThrowsAsync<SlowListenerException>(() => QueueTests.ToListAsync(asleep));
    }

    [Fact]
    public async Task A_listener_whom_the_model_waits_for_can_leave_and_the_next_one_is_served()
    {
        await using var test = await TestHost.StartAsync(options => (options.StreamAhead, options.ChunkSeconds) = (0.2, 0.2));
        using var cancel = new CancellationTokenSource();
        var lagging = test.Generator.Stream(new SoundRequest("lagging"), null, cancel.Token);
        var next = test.Generator.GenerateAsync(new SoundRequest("next") { Duration = 2 });
        test.Model.Run();
        await TestHost.Until(() => test.Model.ChunksMade == 2);
        await cancel.CancelAsync();
        Assert.Equal(2000, (await next).Frames);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QueueTests.ToListAsync(lagging));
    }

    [Fact]
    public async Task Leaving_ends_the_making_and_so_does_disposing()
    {
        await using var test = await TestHost.StartAsync();
        var left = test.Generator.Stream(new SoundRequest("left"));
        test.Model.Steps.Release();
        await foreach (var piece in left)
        {
            Assert.Equal(0, piece.StartFrame);
            break;
        }

        var unheard = test.Generator.Stream(new SoundRequest("unheard"));
        test.Model.Steps.Release();
        await test.Model.BegunAsync();
        await test.Model.BegunAsync();
        Assert.Equal(1, test.Model.Cancelled);
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
    public async Task Cancelling_ends_the_enumeration_though_pieces_are_waiting()
    {
        await using var test = await TestHost.StartAsync();
        using var cancel = new CancellationTokenSource();
        var stream = test.Generator.Stream(new SoundRequest("x"), null, cancel.Token);
        test.Model.Steps.Release(3);
        await TestHost.Until(() => test.Model.ChunksMade == 3);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QueueTests.ToListAsync(stream));

        using var cancelEnumeration = new CancellationTokenSource();
        var other = test.Generator.Stream(new SoundRequest("y"));
        test.Model.Run();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var piece in other.WithCancellation(cancelEnumeration.Token))
            {
                await cancelEnumeration.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task What_the_making_fails_with_is_thrown_after_what_was_made()
    {
        await using var test = await TestHost.StartAsync();
        var stream = test.Generator.Stream(new SoundRequest("x"), new Reports(report => { if (report.Step == 3) { throw new FormatException(); } }));
        test.Model.Run();
        var heard = 0;
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var piece in stream)
            {
                heard++;
            }
        });
        Assert.Equal(2, heard);
        await Assert.ThrowsAsync<InvalidOperationException>(() => QueueTests.ToListAsync(stream));
    }
}
