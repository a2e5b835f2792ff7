using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace AudioCraft.Hosting.Tests;

/// <summary>A host with a fake model and a fake clock.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost host;

    public TestHost(Action<AudioCraftOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        Loader = new FakeLoader(Model);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IModelLoader>(Loader);
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddAudioCraft(options =>
        {
            options.Model = "fake";
            configure?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        host = builder.Build();
    }

    public FakeGenerator Model { get; } = new();

    public FakeLoader Loader { get; }

    public FakeTimeProvider Time { get; } = new();

    public IServiceProvider Services => host.Services;

    public ISoundGenerator Generator => Services.GetRequiredService<ISoundGenerator>();

    public static async Task<TestHost> StartAsync(Action<AudioCraftOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var test = new TestHost(configure, services);
        await test.StartAsync();
        return test;
    }

    public Task StartAsync() => host.StartAsync();

    public Task StopAsync(CancellationToken cancellationToken = default) => host.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Model.Run();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    public static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 6000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }
}
