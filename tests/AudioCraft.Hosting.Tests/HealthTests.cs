using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AudioCraft.Hosting.Tests;

/// <summary>Health checks.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Health_is_degraded_while_loading_healthy_when_ready_unhealthy_when_stopping()
    {
        await using var test = new TestHost(services: Checks);
        var ready = new TaskCompletionSource();
        test.Loader.Ready = ready.Task;
        Assert.Equal((HealthStatus.Healthy, "Loaded on first use."), await HealthAsync(test));
        await test.StartAsync();
        await TestHost.Until(() => test.Generator.Status.Download is not null);
        Assert.Equal((HealthStatus.Degraded, "Loading: 25 % downloaded."), await HealthAsync(test));
        ready.SetResult();
        await test.Generator.LoadAsync();
        Assert.Equal((HealthStatus.Healthy, "Ready."), await HealthAsync(test));
        await test.StopAsync();
        Assert.Equal((HealthStatus.Unhealthy, "The application is shutting down."), await HealthAsync(test));
    }

    [Fact]
    public async Task Health_is_unhealthy_with_the_reason_after_failed_loading()
    {
        await using var test = new TestHost(services: Checks);
        test.Loader.Failure = new CheckpointException("it is damaged");
        await test.StartAsync();
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Failed);
        Assert.Equal((HealthStatus.Unhealthy, "'fake' could not be loaded: it is damaged"), await HealthAsync(test));
    }

    [Fact]
    public async Task Damaged_files_of_callers_do_not_affect_the_health()
    {
        await using var test = await TestHost.StartAsync(services: Checks);
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<AudioFormatException>(() => test.Generator.RunAsync<int>((_, _) => throw new AudioFormatException("a damaged file")));
        }

        Assert.Equal((HealthStatus.Healthy, "Ready."), await HealthAsync(test));
    }

    [Fact]
    public async Task Health_is_degraded_with_a_full_queue_or_failures_in_a_row()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxQueueLength = 1, Checks);
        var running = test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 2 });
        await test.Model.BegunAsync();
        var waiting = test.Generator.GenerateAsync(new SoundRequest("waiting"));
        Assert.Equal((HealthStatus.Degraded, "The queue is full: 1 requests are waiting."), await HealthAsync(test));
        test.Model.Run();
        await Task.WhenAll(running, waiting);

        test.Model.Check = _ => throw new AudioCraftException("the model broke");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HealthStatus.Healthy, (await HealthAsync(test)).Health);
            await Assert.ThrowsAsync<AudioCraftException>(() => test.Generator.GenerateAsync(new SoundRequest("x")));
        }

        Assert.Equal((HealthStatus.Degraded, "The last 3 requests failed: the model broke"), await HealthAsync(test));
        test.Model.Check = _ => throw new ArgumentException("the caller's fault");
        await Assert.ThrowsAsync<ArgumentException>(() => test.Generator.GenerateAsync(new SoundRequest("x")));
        Assert.Equal(HealthStatus.Degraded, (await HealthAsync(test)).Health);
        test.Model.Check = _ => { };
        await test.Generator.GenerateAsync(new SoundRequest("x"));
        Assert.Equal((HealthStatus.Healthy, "Ready."), await HealthAsync(test));
    }

    private static void Checks(IServiceCollection services) => services.AddLogging().AddHealthChecks().AddAudioCraft();

    private static async Task<(HealthStatus Health, string? Why)> HealthAsync(TestHost test)
    {
        var report = await test.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        var entry = report.Entries["audiocraft"];
        Assert.Equal(test.Generator.Status.State.ToString(), entry.Data["state"]);
        return (entry.Status, entry.Description);
    }
}
