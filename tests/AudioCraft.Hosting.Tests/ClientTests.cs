namespace AudioCraft.Hosting.Tests;

/// <summary>Requests of several clients, who take turns.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task Clients_take_turns_and_requests_of_one_client_stay_in_order()
    {
        await using var test = await TestHost.StartAsync();
        var first = await RunningAsync(test);
        var tasks = new[] { ("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2"), ("c", "c1") }
            .Select((request, i) => Generate(test, request.Item1, request.Item2, i)).Append(first).ToArray();
        test.Model.Run();
        await Task.WhenAll(tasks);
        Assert.Equal(["first", "c1", "b1", "a1", "b2", "a2", "a3"], Served(test));
    }

    [Fact]
    public async Task New_client_is_served_before_clients_that_have_been_served()
    {
        await using var test = await TestHost.StartAsync();
        var tasks = new List<Task> { Generate(test, "flood0", "running", 9) };
        await test.Model.BegunAsync();
        tasks.AddRange(Enumerable.Range(0, 40).Select(i => Generate(test, $"flood{i % 10}", $"{i}", i % 7)));

        // Each client of the flood has been served once when the other arrives.
        for (var i = 0; i < 10; i++)
        {
            test.Model.Steps.Release(FakeGenerator.StepCount);
            await test.Model.BegunAsync();
        }

        var before = test.Model.Batches.Count;
        var good = Generate(test, "good", "good", 0);
        test.Model.Run();
        await Task.WhenAll([.. tasks, good]);
        Assert.Equal("good", test.Model.Batches.ElementAt(before).Descriptions[0]);
    }

    [Fact]
    public async Task Clients_that_flood_a_full_queue_make_room_for_others()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxQueueLength = 2);
        var first = await RunningAsync(test);
        var flood = Generate(test, "flood", "flood", 1);
        var other = Generate(test, "other", "other", 2);
        for (var i = 0; i < 4; i++)
        {
            await Assert.ThrowsAsync<QueueFullException>(() => Generate(test, "flood", "more", 3));
        }

        var good = Generate(test, "good", "good", 4);
        await Assert.ThrowsAsync<QueueFullException>(() => flood);
        test.Model.Run();
        await Task.WhenAll(first, other, good);
        Assert.Equal(["first", "other", "good"], Served(test));
    }

    [Fact]
    public async Task Position_in_the_queue_is_that_of_the_turn()
    {
        await using var test = await TestHost.StartAsync();
        var first = await RunningAsync(test);
        var many = Enumerable.Range(0, 5).Select(i => Generate(test, "many", $"{i}", i)).ToArray();
        var reports = new Reports();
        var one = test.Generator.ForClient("one").GenerateAsync(new SoundRequest("one"), reports);
        Assert.Equal([new SoundProgress(SoundPhase.Waiting, 1, 0, 0)], reports.All);
        test.Model.Run();
        await Task.WhenAll([first, one, .. many]);
    }

    [Fact]
    public async Task Full_queue_removes_the_newest_request_of_the_client_with_the_most()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxQueueLength = 3);
        var first = await RunningAsync(test);
        var flood = Enumerable.Range(0, 3).Select(i => Generate(test, "flood", $"flood{i}", i)).ToArray();
        await Assert.ThrowsAsync<QueueFullException>(() => Generate(test, "flood", "flood3", 3));
        var good = Generate(test, "good", "good", 4);
        Assert.Equal(3, (await Assert.ThrowsAsync<QueueFullException>(() => flood[2])).QueueLength);
        Assert.Equal(3, test.Generator.QueueLength);

        // Both would have the same number now.
        await Assert.ThrowsAsync<QueueFullException>(() => Generate(test, "good", "good2", 5));
        test.Model.Run();
        await Task.WhenAll(first, good, flood[0], flood[1]);
        Assert.Equal(["first", "good", "flood0", "flood1"], Served(test));
    }

    [Fact]
    public async Task Requests_without_a_client_count_as_one_client()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxQueueLength = 3);
        var first = await RunningAsync(test);
        var without = new[] { "1", "2" }.Select((text, i) => test.Generator.GenerateAsync(new SoundRequest(text) { Duration = 1 + i })).ToArray();
        var one = Generate(test, "one", "one", 3);
        await Assert.ThrowsAsync<QueueFullException>(() => Generate(test, "one", "two", 4));
        test.Model.Run();
        await Task.WhenAll([first, one, .. without]);
        Assert.Equal(["first", "one", "1", "2"], Served(test));
    }

    [Fact]
    public async Task Semaphore_gives_permits_in_turns_of_the_clients()
    {
        var semaphore = new FairSemaphore("work", permits: 1, capacity: 4);
        var running = await semaphore.WaitAsync("flood");
        var order = new List<string>();
        var tasks = new[] { "flood", "flood", "flood", "good" }.Select(async client =>
        {
            using (await semaphore.WaitAsync(client))
            {
                order.Add(client);
            }
        }).ToArray();
        Assert.Equal(4, semaphore.WaitingCount);

        // Full: the newest of the client with the most is removed, and a client with as many is rejected.
        using var leaving = new CancellationTokenSource();
        var other = semaphore.WaitAsync("other", leaving.Token);
        await Assert.ThrowsAsync<QueueFullException>(() => tasks[2]);
        await Assert.ThrowsAsync<QueueFullException>(() => semaphore.WaitAsync("good"));
        await leaving.CancelAsync();
        Assert.Equal(leaving.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other)).CancellationToken);

        running.Dispose();
        running.Dispose();
        await Task.WhenAll(tasks[0], tasks[1], tasks[3]);
        Assert.Equal(["good", "flood", "flood"], order);
        Assert.Equal(0, semaphore.WaitingCount);
        using (await semaphore.WaitAsync("last"))
        {
            var next = semaphore.WaitAsync("next");
            Assert.False(next.IsCompleted);
            Assert.Equal(1, semaphore.WaitingCount);
        }
    }

    [Fact]
    public void Semaphore_checks_its_arguments()
    {
        Assert.Throws<ArgumentException>(() => new FairSemaphore("", 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FairSemaphore("work", 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FairSemaphore("work", 1, -1));
    }

    private static async Task<Task> RunningAsync(TestHost test)
    {
        var running = test.Generator.GenerateAsync(new SoundRequest("first") { Duration = 9 });
        await test.Model.BegunAsync();
        return running;
    }

    // Different durations, so that requests are not batched.
    private static Task<Sound> Generate(TestHost test, string client, string description, int number) =>
        test.Generator.ForClient(client).GenerateAsync(new SoundRequest(description) { Duration = 1 + (number / 10.0) });

    private static IEnumerable<string> Served(TestHost test) => test.Model.Batches.SelectMany(batch => batch.Descriptions);
}
