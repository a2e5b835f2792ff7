using AudioCraft.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static TorchSharp.torch;

namespace AudioCraft.Hosting.Tests;

/// <summary>A codec that names the model of a generator uses that model.</summary>
public sealed class SharedModelTests
{
    [Fact]
    public async Task Generator_and_codecs_load_the_model_once_and_unload_it_with_the_last()
    {
        await using var test = await StartAsync(services: services => services.AddAudioCraftCodec("second", options => options.Model = "fake"));
        var codecs = new[] { Codec(test), Codec(test, "second") };
        await Task.WhenAll([test.Generator.LoadAsync(), .. codecs.Select(codec => codec.LoadAsync())]);
        Assert.Equal(1, test.Loader.Loads);
        Assert.NotNull(test.Generator.Info!.Defaults);
        Assert.All(codecs, codec => Assert.Equal(("fake", null, null), (codec.Info!.Name, codec.Info.Defaults, codec.Info.WindowSeconds)));
        var hosts = test.Services.GetServices<IHostedService>().Cast<SoundModelHost>().ToList();
        for (var i = 0; i < hosts.Count; i++)
        {
            Assert.Equal(0, test.Model.Disposed);
            await hosts[i].StopAsync(CancellationToken.None);
            Assert.Equal(SoundModelState.Stopped, hosts[i].Status.State);
        }

        Assert.Equal(1, test.Model.Disposed);
    }

    [Theory]
    [InlineData("", "codec")]
    [InlineData("codec", "")]
    public async Task Either_can_be_unloaded_first_and_the_other_continues(string first, string second)
    {
        await using var test = await StartAsync();
        test.Model.Run();
        await Task.WhenAll(test.Generator.LoadAsync(), Codec(test).LoadAsync());
        await Host(test, first).StopAsync(CancellationToken.None);
        Assert.Equal((SoundModelState.Stopped, SoundModelState.Ready, 0), (Host(test, first).Status.State, Host(test, second).Status.State, test.Model.Disposed));
        Assert.Equal(7, await test.Services.GetRequiredKeyedService<ISoundCodec>(second).RunAsync((_, _) => 7));
        if (second.Length == 0)
        {
            Assert.Equal(1000, (await test.Generator.GenerateAsync(new SoundRequest("x"))).Frames);
        }

        await Host(test, second).StopAsync(CancellationToken.None);
        Assert.Equal((1, 1), (test.Loader.Loads, test.Model.Disposed));
    }

    [Fact]
    public async Task Generator_and_codec_take_turns()
    {
        await using var test = await StartAsync();
        var generating = test.Generator.GenerateAsync(new SoundRequest("first"));
        await test.Model.BegunAsync();
        var coding = Codec(test).RunAsync((_, _) => test.Model.Batches.Count);
        var next = test.Generator.GenerateAsync(new SoundRequest("next") { Duration = 2 });
        await TestHost.Until(() => Host(test, "codec").Status.State == SoundModelState.Ready);
        await Task.Delay(50);
        Assert.Equal((false, 1), (coding.IsCompleted, Codec(test).QueueLength));
        test.Model.Run();
        Assert.Equal(1, await coding);
        await Task.WhenAll(generating, next);
    }

    [Fact]
    public async Task Waiting_codec_request_can_be_canceled_and_the_codec_stopped_while_the_generator_runs()
    {
        await using var test = await StartAsync();
        var generating = test.Generator.GenerateAsync(new SoundRequest("first"));
        await test.Model.BegunAsync();
        using var cancel = new CancellationTokenSource();
        var canceled = Codec(test).RunAsync((_, _) => 1, cancel.Token);
        var waiting = Codec(test).RunAsync((_, _) => 2);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        await Host(test, "codec").DisposeAsync();
        await Assert.ThrowsAsync<SoundModelUnavailableException>(() => waiting);
        test.Model.Run();
        Assert.Equal((1000, 0), ((await generating).Frames, test.Model.Disposed));
    }

    [Fact]
    public async Task Listener_of_a_stream_can_use_the_codec_while_the_buffer_is_full()
    {
        await using var test = await StartAsync(options => (options.StreamAhead, options.ChunkSeconds) = (0.2, 0.2));
        var stream = test.Generator.Stream(new SoundRequest("x"));
        test.Model.Run();
        await TestHost.Until(() => test.Model.ChunkCount == 2);
        var chunks = 0;
        await foreach (var chunk in stream)
        {
            Assert.Equal(3, await Codec(test).RunAsync((_, _) => 3).WaitAsync(TimeSpan.FromMinutes(1)));
            chunks++;
        }

        Assert.Equal(FakeGenerator.StepCount, chunks);
    }

    [Fact]
    public async Task Failed_load_is_reported_by_both_and_retried_once()
    {
        await using var test = new TestHost(null, services => services.AddAudioCraftCodec("codec", options => options.Model = "fake"));
        var ready = new TaskCompletionSource();
        (test.Loader.Ready, test.Loader.Failure) = (ready.Task, new CheckpointException("it is damaged"));
        await test.StartAsync();
        await TestHost.Until(() => test.Generator.Status.Download is not null && test.Loader.Loads == 1);
        await TestHost.Until(() => Codec(test).Status.State == SoundModelState.Loading);
        await Task.Delay(50);
        ready.SetResult();
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Failed && Codec(test).Status.State == SoundModelState.Failed);
        Assert.Equal((1, "it is damaged"), (test.Loader.Loads, Codec(test).Status.Reason));

        var again = new TaskCompletionSource();
        (test.Loader.Ready, test.Loader.Failure) = (again.Task, null);
        await Task.Delay(50);
        test.Time.Advance(TimeSpan.FromSeconds(30));
        await TestHost.Until(() => test.Generator.Status.State == SoundModelState.Loading && Codec(test).Status.State == SoundModelState.Loading);
        await Task.Delay(50);
        again.SetResult();
        await Task.WhenAll(test.Generator.LoadAsync(), Codec(test).LoadAsync());
        Assert.Equal(2, test.Loader.Loads);
    }

    [Fact]
    public async Task Load_is_canceled_when_the_last_of_its_hosts_stops()
    {
        await using var test = new TestHost(null, services => services.AddAudioCraftCodec("codec", options => options.Model = "fake"));
        var ready = new TaskCompletionSource();
        test.Loader.Ready = ready.Task;
        await test.StartAsync();
        await TestHost.Until(() => test.Loader.Loads == 1);
        await Task.Delay(50);
        await Host(test, "").DisposeAsync();
        Assert.Equal((SoundModelState.Stopped, SoundModelState.Loading), (test.Generator.Status.State, Codec(test).Status.State));
        ready.SetResult();
        Assert.Equal("fake", (await Codec(test).LoadAsync()).Name);
        await Host(test, "codec").DisposeAsync();
        Assert.Equal((1, 1), (test.Loader.Loads, test.Model.Disposed));
    }

    [Theory]
    [InlineData("other model")]
    [InlineData("other precision")]
    [InlineData("other revision")]
    [InlineData("configured")]
    public async Task Other_codecs_are_loaded_separately(string difference)
    {
        await using var test = new TestHost(null, services => services.AddAudioCraftCodec("codec", options =>
        {
            options.Model = difference == "other model" ? "fake2" : "fake";
            options.Pretrained = difference switch
            {
                "other precision" => new PretrainedOptions { Precision = ModelPrecision.BFloat16 },
                "other revision" => new PretrainedOptions { Revision = "v2" },
                _ => options.Pretrained,
            };
            options.ConfigureModel = difference == "configured" ? _ => { } : null;
        }));
        await test.StartAsync();
        await Task.WhenAll(test.Generator.LoadAsync(), Codec(test).LoadAsync());
        Assert.Equal(2, test.Loader.Loads);
    }

    [Fact]
    public void Paths_and_devices_are_compared_by_what_they_refer_to()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var generator = new AudioCraftOptions { Model = folder, Pretrained = new PretrainedOptions { TextEncoder = "t5-base", Token = "secret" } };
            var same = new AudioCraftCodecOptions { Model = Path.Combine(folder, "..", Path.GetFileName(folder)) + "/", Pretrained = new PretrainedOptions { Device = cuda.is_available() ? CUDA : CPU } };
            Assert.True(ModelIdentity.IsCodecOf(same, generator));
            Assert.True(ModelIdentity.IsCodecOf(
                new AudioCraftCodecOptions { Model = folder, Pretrained = new PretrainedOptions { Device = new Device("cuda:0") } },
                new AudioCraftOptions { Model = folder, Pretrained = new PretrainedOptions { Device = new Device("cuda") } }));
            Assert.False(ModelIdentity.IsCodecOf(
                new AudioCraftCodecOptions { Model = folder, Pretrained = new PretrainedOptions { Device = new Device("cuda:1") } },
                new AudioCraftOptions { Model = folder, Pretrained = new PretrainedOptions { Device = CPU } }));
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Fact]
    public async Task Codec_of_a_real_model_has_its_weights_once_and_leaves_none()
    {
        await LoadTensorsAsync(isShared: true);
        var (shared, separate) = (await LoadTensorsAsync(isShared: true), await LoadTensorsAsync(isShared: false));
        var alone = await LoadTensorsAsync(isShared: null);
        Assert.Equal(alone, shared);
        Assert.True(separate > shared, $"{separate} and {shared} tensors");
        LiveTensors.NoneLeftOfModules(() => LoadTensorsAsync(isShared: true).GetAwaiter().GetResult());
    }

    /// <summary>The tensors of loaded models, which have served a request each.</summary>
    /// <param name="isShared">Whether a codec shares the generator's model; null for no codec.</param>
    private static async Task<long> LoadTensorsAsync(bool? isShared)
    {
        var before = LiveTensors.Count();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddAudioCraft(options => (options.Model, options.Pretrained) = ("audiogen-tiny", new PretrainedOptions { Device = CPU }));
        if (isShared is { } shared)
        {
            builder.Services.AddAudioCraftCodec("codec", options =>
            {
                (options.Model, options.Pretrained) = ("audiogen-tiny", new PretrainedOptions { Device = CPU });
                options.ConfigureModel = shared ? null : _ => { };
            });
        }

        using var host = builder.Build();
        await host.StartAsync();
        var generating = host.Services.GetRequiredService<ISoundGenerator>().GenerateAsync(new SoundRequest("rain") { Duration = 0.2 });
        if (isShared is not null)
        {
            var codes = await host.Services.GetRequiredKeyedService<ISoundCodec>("codec").EncodeAsync(new Sound(new float[1600], 1, 16000));
            Assert.Equal((4, 5), (codes.Codebooks, codes.Frames));
        }

        await generating;
        var loaded = LiveTensors.Count() - before;
        await host.StopAsync();
        return loaded;
    }

    private static Task<TestHost> StartAsync(Action<AudioCraftOptions>? configure = null, Action<IServiceCollection>? services = null) => TestHost.StartAsync(configure, all =>
    {
        all.AddAudioCraftCodec("codec", options => options.Model = "fake");
        services?.Invoke(all);
    });

    private static ISoundCodec Codec(TestHost test, string name = "codec") => test.Services.GetRequiredKeyedService<ISoundCodec>(name);

    private static SoundModelHost Host(TestHost test, string name) => test.Services.GetRequiredKeyedService<SoundModelHost>(name);
}
