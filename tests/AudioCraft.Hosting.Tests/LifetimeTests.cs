using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting.Tests;

/// <summary>Loading, stopping and unloading.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task Requests_wait_while_the_model_is_loaded_in_the_background()
    {
        await using var test = new TestHost();
        var ready = new TaskCompletionSource();
        test.Loader.Ready = ready.Task;
        await test.StartAsync();
        await TestHost.Until(() => test.Generator.Status.Download is not null);
        Assert.Equal((SoundModelState.Loading, 0.25), (test.Generator.Status.State, test.Generator.Status.Download!.Fraction));
        Assert.Null(test.Generator.Info);
        var sound = test.Generator.GenerateAsync(new SoundRequest("x"));
        Assert.Equal(1, test.Generator.QueueLength);
        using var cancel = new CancellationTokenSource();
        var impatient = test.Generator.LoadAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        ready.SetResult();
        Assert.Equal("fake", (await test.Generator.LoadAsync()).Name);
        test.Model.Run();
        await sound;
        Assert.Equal(new SoundModelStatus(SoundModelState.Ready), test.Generator.Status);
        Assert.Equal(1, test.Loader.Loads);
    }

    [Fact]
    public async Task Model_can_be_loaded_on_first_use()
    {
        await using var test = await TestHost.StartAsync(options => options.Loading = ModelLoading.OnFirstUse);
        Assert.Equal((SoundModelState.NotLoaded, 0), (test.Generator.Status.State, test.Loader.Loads));
        test.Model.Run();
        await test.Generator.GenerateAsync(new SoundRequest("x"));
        Assert.Equal((SoundModelState.Ready, 1), (test.Generator.Status.State, test.Loader.Loads));
    }

    [Fact]
    public async Task Host_with_BeforeStart_does_not_start_without_the_model()
    {
        await using var good = await TestHost.StartAsync(options => options.Loading = ModelLoading.BeforeStart);
        Assert.Equal(SoundModelState.Ready, good.Generator.Status.State);

        await using var bad = new TestHost(options => options.Loading = ModelLoading.BeforeStart);
        bad.Loader.Failure = new CheckpointException("it is damaged");
        var error = await Assert.ThrowsAsync<SoundModelUnavailableException>(bad.StartAsync);
        Assert.Equal((SoundModelState.Failed, "'fake' could not be loaded: it is damaged"), (error.State, error.Message));
        Assert.IsType<CheckpointException>(error.InnerException);
    }

    [Fact]
    public async Task Failed_loading_rejects_requests_with_the_reason_and_is_retried()
    {
        await using var test = new TestHost(options => (options.Loading, options.RetryLoadAfter) = (ModelLoading.OnFirstUse, TimeSpan.FromSeconds(20)));
        test.Loader.Failure = new HubException(HubError.RepositoryNotFound, "there is no such model");
        await test.StartAsync();
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => test.Generator.GenerateAsync(new SoundRequest("x")));
        Assert.Equal(new SoundModelStatus(SoundModelState.Failed, "there is no such model"), test.Generator.Status);

        test.Time.Advance(TimeSpan.FromSeconds(5));
        var error = Assert.Throws<SoundModelUnavailableException>(() => { _ = test.Generator.Stream(new SoundRequest("x")); });
        Assert.Equal(TimeSpan.FromSeconds(15), error.RetryAfter);
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => test.Generator.LoadAsync());
        Assert.Equal(1, test.Loader.Loads);

        test.Loader.Failure = null;
        test.Time.Advance(TimeSpan.FromSeconds(15));
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Ready);
        test.Model.Run();
        Assert.Equal(1000, (await test.Generator.GenerateAsync(new SoundRequest("x"))).Frames);
        Assert.Equal(2, test.Loader.Loads);
    }

    [Fact]
    public async Task Loading_is_retried_without_requests_until_it_succeeds()
    {
        await using var test = new TestHost();
        test.Loader.Failure = new CheckpointException("not yet there");
        await test.StartAsync();
        for (var loads = 1; loads <= 3; loads++)
        {
            await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Failed);
            Assert.Equal(loads, test.Loader.Loads);
            test.Time.Advance(TimeSpan.FromSeconds(29));
            Assert.Equal(SoundModelState.Failed, test.Generator.Status.State);
            test.Loader.Failure = loads < 3 ? test.Loader.Failure : null;
            test.Time.Advance(TimeSpan.FromSeconds(1));
            await TestHost.Until(() => test.Loader.Loads == loads + 1);
        }

        await test.Generator.LoadAsync();
        Assert.Equal(SoundModelState.Ready, test.Generator.Status.State);
    }

    [Fact]
    public async Task Stopping_host_finishes_accepted_requests_and_rejects_new_ones()
    {
        await using var test = await TestHost.StartAsync();
        var running = test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 2 });
        await test.Model.BegunAsync();
        var waiting = test.Generator.Stream(new SoundRequest("waiting"));
        var stopping = test.StopAsync();
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Stopping);
        var refusal = await Assert.ThrowsAsync<SoundModelUnavailableException>(() => test.Generator.GenerateAsync(new SoundRequest("late")));
        Assert.Equal((SoundModelState.Stopping, null), (refusal.State, refusal.RetryAfter));
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => test.Generator.LoadAsync());
        Assert.False(stopping.IsCompleted);

        test.Model.Run();
        await stopping;
        Assert.Equal(2000, (await running).Frames);
        Assert.Equal(FakeGenerator.StepCount, (await QueueTests.ToListAsync(waiting)).Count);
        Assert.Equal((SoundModelState.Stopped, 1), (test.Generator.Status.State, test.Model.Disposed));
    }

    [Fact]
    public async Task After_the_shutdown_timeout_requests_end_after_the_current_step()
    {
        await using var test = await TestHost.StartAsync();
        var running = test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 2 });
        await test.Model.BegunAsync();
        var waiting = test.Generator.Stream(new SoundRequest("waiting"));
        using var patience = new CancellationTokenSource();
        var stopping = test.StopAsync(patience.Token);
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Stopping);
        await patience.CancelAsync();
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => running);
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => QueueTests.ToListAsync(waiting));
        Assert.Equal(0, test.Model.Disposed);

        test.Model.Steps.Release();
        await stopping;
        await test.DisposeAsync();
        Assert.Equal((1, 1, 1), (test.Model.Canceled, test.Model.Batches.Count, test.Model.Disposed));
    }

    [Fact]
    public async Task Stopping_host_cancels_a_download()
    {
        await using var test = new TestHost();
        test.Loader.Ready = new TaskCompletionSource().Task;
        await test.StartAsync();
        var waiting = test.Generator.GenerateAsync(new SoundRequest("x"));
        using var patience = new CancellationTokenSource();
        var stopping = test.StopAsync(patience.Token);
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Stopping);
        await patience.CancelAsync();
        await stopping;
        Assert.Equal(SoundModelState.Stopping, (await Assert.ThrowsAsync<SoundModelUnavailableException>(() => waiting)).State);

        await using var idle = new TestHost();
        idle.Loader.Ready = new TaskCompletionSource().Task;
        await idle.StartAsync();
        await idle.StopAsync();
        Assert.Equal(SoundModelState.Stopped, idle.Generator.Status.State);
    }

    [Fact]
    public async Task Without_a_host_the_first_request_loads_and_disposal_unloads()
    {
        var model = new FakeGenerator();
        var services = new ServiceCollection().AddSingleton<IModelLoader>(new FakeLoader(model)).AddAudioCraft(options => options.Model = "fake");
        var provider = services.BuildServiceProvider();
        var generator = provider.GetRequiredService<ISoundGenerator>();
        Assert.Equal(SoundModelState.NotLoaded, generator.Status.State);
        var running = generator.GenerateAsync(new SoundRequest("running"));
        await model.BegunAsync();
        var disposing = provider.DisposeAsync();
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => running);
        model.Run();
        await disposing;
        Assert.Equal((SoundModelState.Stopped, 1), (generator.Status.State, model.Disposed));

        var unused = services.BuildServiceProvider();
        Assert.NotNull(unused.GetRequiredService<ISoundGenerator>());
        unused.Dispose();
    }

    [Fact]
    public async Task Invalid_options_prevent_the_start_and_are_all_named()
    {
        await using var test = new TestHost(options =>
        {
            (options.Model, options.Kind, options.Pretrained, options.Loading) = (" ", (SoundModelKind)7, null!, (ModelLoading)9);
            (options.MaxQueueLength, options.MaxBatchSize, options.MaxDescriptionLength) = (0, 257, 0);
            (options.MaxDuration, options.MaxSoundDuration, options.ChunkSeconds, options.StreamAhead) = (double.NaN, -1, 61, double.PositiveInfinity);
            (options.ConsumerTimeout, options.RetryLoadAfter) = (TimeSpan.Zero, TimeSpan.Zero);
        });
        var error = await Assert.ThrowsAsync<OptionsValidationException>(test.StartAsync);
        string[] named =
        [
            "Model", "Kind", "Pretrained", "Loading", "MaxQueueLength", "MaxBatchSize", "MaxDescriptionLength", "MaxDuration", "MaxSoundDuration", "ChunkSeconds", "StreamAhead",
            "ConsumerTimeout", "RetryLoadAfter",
        ];
        Assert.Equal(named.Order(), error.Failures.Select(failure => failure.Split(' ')[0].Split('.')[1]).Order());
        Assert.Equal(0, test.Loader.Loads);
    }
}
