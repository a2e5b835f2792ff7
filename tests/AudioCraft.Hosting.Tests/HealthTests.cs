using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AudioCraft.Hosting.Tests;

/// <summary>What health checks say, and why.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Loading_is_degraded_ready_is_healthy_and_stopping_is_unhealthy()
    {
        await using var test = new TestHost(services: Checks);
        var ready = new TaskCompletionSource();
        test.Loader.Ready = ready.Task;
        Assert.Equal((HealthStatus.Healthy, "It is loaded when it is first asked for."), await HealthAsync(test));
        await test.StartAsync();
        await TestHost.Until(() => test.Generator.Status.Download is not null);
        Assert.Equal((HealthStatus.Degraded, "Loading: 25 % of the download is here."), await HealthAsync(test));
        ready.SetResult();
        await test.Generator.LoadAsync();
        Assert.Equal((HealthStatus.Healthy, "Ready."), await HealthAsync(test));
        await test.StopAsync();
        Assert.Equal((HealthStatus.Unhealthy, "The application is shutting down."), await HealthAsync(test));
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_unhealthy_with_the_reason()
    {
        await using var test = new TestHost(services: Checks);
        test.Loader.Failure = new CheckpointException("it is damaged");
        await test.StartAsync();
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Failed);
        Assert.Equal((HealthStatus.Unhealthy, "'stand-in' could not be loaded: it is damaged"), await HealthAsync(test));
    }

    [Fact]
    public async Task A_full_queue_and_failures_in_a_row_are_degraded_until_one_succeeds()
    {
        await using var test = await TestHost.StartAsync(options => options.MaxQueueLength = 1, Checks);
        var running = test.Generator.GenerateAsync(new SoundRequest("running") { Duration = 2 });
        await test.Model.BegunAsync();
        var waiting = test.Generator.GenerateAsync(new SoundRequest("waiting"));
        Assert.Equal((HealthStatus.Degraded, "The queue is full: 1 requests wait."), await HealthAsync(test));
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
