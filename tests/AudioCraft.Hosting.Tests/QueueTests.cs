namespace AudioCraft.Hosting.Tests;

/// <summary>The queue with many callers and one model whose steps are controlled by the test.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task Requests_are_served_in_order()
    {
        await using var test = await TestHost.StartAsync();
        var tasks = Enumerable.Range(1, 6).Select(i => test.Generator.GenerateAsync(new SoundRequest($"{i}") { Duration = i, Seed = i })).ToArray();
        test.Model.Run();
        var sounds = await Task.WhenAll(tasks);
        Assert.Equal(["1", "2", "3", "4", "5", "6"], test.Model.Batches.Select(batch => Assert.Single(batch.Descriptions)));
        Assert.Equal([1, 2, 3, 4, 5, 6], sounds.Select(sound => sound.Duration.TotalSeconds));
        Assert.All(sounds, sound => Assert.All(sound.Samples, sample => Assert.Equal(sound.Seed, (long)sample)));
    }

    [Fact]
    public async Task Consecutive_requests_that_differ_only_in_description_and_seed_are_batched_in_order()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxBatchSize = 3);
        var first = test.Generator.GenerateAsync(new SoundRequest("first") { Duration = 9 });
        await test.Model.BegunAsync();
        var tasks = new[] { ("a", 1), ("b", 1), ("c", 2), ("d", 1), ("e", 1), ("f", 1), ("g", 1) }
            .Select((x, i) => test.Generator.GenerateAsync(new SoundRequest(x.Item1) { Duration = x.Item2, Seed = i })).ToArray();
        test.Model.Run();
        var sounds = await Task.WhenAll(tasks);
        await first;
        Assert.Equal(["first", "a b", "c", "d e f", "g"], test.Model.Batches.Select(batch => string.Join(' ', batch.Descriptions)));
        Assert.Equal(Enumerable.Range(0, 7), sounds.Select(sound => (int)sound.Samples[^1]));
    }

    [Fact]
    public async Task Batch_size_is_limited_by_memory()
    {
        await using var test = await TestHost.StartAsync();
        test.Model.MaxBatch = 2;
        var first = test.Generator.GenerateAsync(new SoundRequest("first") { Duration = 9 });
        await test.Model.BegunAsync();
        var tasks = Enumerable.Range(0, 5).Select(i => test.Generator.GenerateAsync(new SoundRequest($"{i}"))).Append(first).ToArray();
        test.Model.Run();
        await Task.WhenAll(tasks);
        Assert.Equal([1, 2, 2, 1], test.Model.Batches.Select(batch => batch.Descriptions.Count));
    }

    [Fact]
    public async Task Streams_and_complete_requests_share_a_batch()
    {
        await using var test = await TestHost.StartAsync();
        var first = test.Generator.GenerateAsync(new SoundRequest("first") { Duration = 9 });
        await test.Model.BegunAsync();
        var whole = test.Generator.GenerateAsync(new SoundRequest("whole") { Seed = 3 });
        var stream = test.Generator.Stream(new SoundRequest("stream") { Seed = 4 });
        test.Model.Run();
        var chunks = await ToListAsync(stream);
        Assert.Equal(FakeGenerator.StepCount, chunks.Count);
        Assert.All(chunks, chunk => Assert.Equal((200, 4f), (chunk.Frames, chunk.Samples[^1])));
        Assert.Equal((1000, 3f), ((await whole).Frames, (await whole).Samples[^1]));
        await first;
        Assert.Equal(2, test.Model.Batches.Count);
    }

    [Fact]
    public async Task Full_queue_rejects_with_a_retry_time()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxQueueLength = 2);
        var tasks = new List<Task> { test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 9 }) };
        await test.Model.BegunAsync();
        tasks.Add(test.Generator.GenerateAsync(new SoundRequest("1")));
        tasks.Add(test.Generator.GenerateAsync(new SoundRequest("2")));
        Assert.Equal(2, test.Generator.QueueLength);

        var first = await Assert.ThrowsAsync<QueueFullException>(() => test.Generator.GenerateAsync(new SoundRequest("3")));
        Assert.Equal(2, first.QueueLength);
        Assert.True(first.RetryAfter >= TimeSpan.FromSeconds(1));

        // Two of five steps took four seconds: the remaining three take six.
        test.Time.Advance(TimeSpan.FromSeconds(4));
        test.Model.Steps.Release(2);
        await TestHost.Until(() => test.Model.Steps.CurrentCount == 0 && Refusal().RetryAfter == TimeSpan.FromSeconds(6));
        test.Model.Run();
        await Task.WhenAll(tasks);
        Assert.Equal(0, test.Generator.QueueLength);

        QueueFullException Refusal() => Assert.Throws<QueueFullException>(() => { _ = test.Generator.Stream(new SoundRequest("3")); });
    }

    [Fact]
    public async Task Canceled_request_leaves_the_queue_and_the_others_move_up()
    {
        await using var test = await TestHost.StartAsync();
        var running = test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 9 });
        await test.Model.BegunAsync();
        using var cancel = new CancellationTokenSource();
        var (before, after) = (new Reports(), new Reports());
        var leaving = test.Generator.GenerateAsync(new SoundRequest("leaving"), before, cancel.Token);
        var staying = test.Generator.GenerateAsync(new SoundRequest("staying") { Duration = 2 }, after);
        Assert.Equal(2, test.Generator.QueueLength);

        await cancel.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(1, test.Generator.QueueLength);
        test.Model.Run();
        await Task.WhenAll(running, staying);
        Assert.Equal(["running", "staying"], test.Model.Batches.SelectMany(batch => batch.Descriptions));
        Assert.Equal([new SoundProgress(SoundPhase.Waiting, 1, 0, 0)], before.All);
        Assert.Equal([2, 1], after.All.Where(report => report.Phase == SoundPhase.Waiting).Select(report => report.Position));
        Assert.Equal([1, 2, 3, 4, 5], after.All.Where(report => report.Phase == SoundPhase.Running).Select(report => report.Step));
    }

    [Fact]
    public async Task Cancellation_ends_the_generation_unless_other_requests_share_the_batch()
    {
        await using var test = await TestHost.StartAsync();
        using var cancel = new CancellationTokenSource();
        var running = test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 9 }, null, cancel.Token);
        await test.Model.BegunAsync();
        using var cancelOne = new CancellationTokenSource();
        var one = test.Generator.GenerateAsync(new SoundRequest("one"), null, cancelOne.Token);
        var other = test.Generator.GenerateAsync(new SoundRequest("other"));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        test.Model.Steps.Release(1);
        await test.Model.BegunAsync();
        Assert.Equal(1, test.Model.Canceled);

        test.Model.Steps.Release(2);
        await cancelOne.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        test.Model.Run();
        Assert.Equal(1000, (await other).Frames);
        Assert.Equal((1, 2), (test.Model.Canceled, test.Model.Batches.Count));
    }

    [Fact]
    public async Task Failed_batch_is_retried_one_by_one_and_only_the_faulty_request_fails()
    {
        await using var test = await TestHost.StartAsync();
        test.Model.Check = batch =>
        {
            if (batch.Descriptions.Contains("bad"))
            {
                throw new AudioCraftException("the model broke");
            }
        };
        var first = test.Generator.GenerateAsync(new SoundRequest("first") { Duration = 9 });
        await test.Model.BegunAsync();
        var good = test.Generator.GenerateAsync(new SoundRequest("good"));
        var bad = test.Generator.GenerateAsync(new SoundRequest("bad"));
        var last = test.Generator.GenerateAsync(new SoundRequest("last"));
        test.Model.Run();
        await Task.WhenAll(first, good, last);
        Assert.Equal("the model broke", (await Assert.ThrowsAsync<AudioCraftException>(() => bad)).Message);
        Assert.Equal(["first", "good bad last", "good", "bad", "last"], test.Model.Batches.Select(batch => string.Join(' ', batch.Descriptions)));
    }

    [Fact]
    public async Task Exception_of_a_progress_receiver_ends_only_its_own_request()
    {
        await using var test = await TestHost.StartAsync();
        var first = test.Generator.GenerateAsync(new SoundRequest("first") { Duration = 9 });
        await test.Model.BegunAsync();
        var failing = test.Generator.GenerateAsync(
            new SoundRequest("failing"), new Reports(report => { if (report.Step == 2) { throw new InvalidOperationException("the receiver fails"); } }));
        var fine = test.Generator.GenerateAsync(new SoundRequest("fine"));
        test.Model.Run();
        Assert.Equal("the receiver fails", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        Assert.Equal(1000, (await fine).Frames);
        await first;
    }

    [Fact]
    public async Task Work_runs_in_order_with_exclusive_access()
    {
        await using var test = await TestHost.StartAsync();
        var first = test.Generator.GenerateAsync(new SoundRequest("first"));
        await test.Model.BegunAsync();
        var order = new List<int>();
        var work = Enumerable.Range(0, 10).Select(i => test.Generator.RunAsync((_, _) =>
        {
            order.Add(test.Model.Batches.Count);
            return i;
        })).ToArray();
        var after = test.Generator.GenerateAsync(new SoundRequest("after"));
        test.Model.Run();
        Assert.Equal(Enumerable.Range(0, 10), await Task.WhenAll(work));
        await Task.WhenAll(first, after);
        Assert.Equal(Enumerable.Repeat(1, 10), order);
        await Assert.ThrowsAsync<FormatException>(() => test.Generator.RunAsync<int>((_, _) => throw new FormatException()));
    }

    [Fact]
    public async Task Canceled_work_is_awaited_so_that_its_result_is_not_lost()
    {
        await using var test = await TestHost.StartAsync();
        using var cancel = new CancellationTokenSource();
        using var begun = new SemaphoreSlim(0);
        var heeding = test.Generator.RunAsync<int>((_, stop) => { begun.Release(); stop.WaitHandle.WaitOne(); throw new OperationCanceledException(stop); }, cancel.Token);
        await begun.WaitAsync();
        using var cancelOther = new CancellationTokenSource();
        var finishing = test.Generator.RunAsync((_, stop) => { begun.Release(); stop.WaitHandle.WaitOne(); return 42; }, cancelOther.Token);
        await cancel.CancelAsync();
        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => heeding)).CancellationToken);
        await begun.WaitAsync();
        await cancelOther.CancelAsync();
        Assert.Equal(42, await finishing);
    }

    [Fact]
    public async Task Invalid_requests_are_rejected_before_they_are_queued()
    {
        await using var test = await TestHost.StartAsync(options => (options.MaxDuration, options.MaxDescriptionLength, options.MaxSoundDuration) = (5, 10, 2));
        var generator = test.Generator;
        var sound = new Sound(new float[100], 1, 1000);
        SoundRequest?[] refused =
        [
            null, new(null!), new(new string('x', 11)), new("x") { Duration = 5.1 }, new("x") { Duration = 0 }, new("x") { Duration = double.NaN },
            new("x") { TopK = -1 }, new("x") { TopP = 1.1 }, new("x") { Temperature = -1 }, new("x") { CfgCoef = double.PositiveInfinity },
            new("x") { Continue = new Sound([], 1, 1000) }, new("x") { Continue = new Sound(new float[2001], 1, 1000) },
        ];
        foreach (var request in refused)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => generator.GenerateAsync(request!));
            Assert.ThrowsAny<ArgumentException>(() => { _ = generator.Stream(request!); });
        }

        Assert.ThrowsAny<ArgumentException>(() => { _ = generator.Stream(new SoundRequest("x") { Continue = sound }); });
        await Assert.ThrowsAsync<ArgumentNullException>(() => generator.RunAsync<int>(null!));
        Assert.Empty(test.Model.Batches);
        Assert.Equal(0, generator.QueueLength);
        test.Model.Run();
        Assert.Equal(5, (await generator.GenerateAsync(new SoundRequest("") { Duration = 5, Continue = sound })).Duration.TotalSeconds);
    }

    internal static async Task<List<SoundChunk>> ToListAsync(LiveSound sound)
    {
        var chunks = new List<SoundChunk>();
        await foreach (var chunk in sound)
        {
            chunks.Add(chunk);
        }

        return chunks;
    }
}
