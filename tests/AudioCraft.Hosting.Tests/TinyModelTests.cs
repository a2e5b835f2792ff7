using AudioCraft.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static TorchSharp.torch;

// Tests count live native tensors, so they do not run in parallel.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace AudioCraft.Hosting.Tests;

/// <summary>The bundled model in a host.</summary>
public sealed class TinyModelTests
{
    [Fact]
    public async Task Complete_result_stream_and_direct_call_give_the_same_audio()
    {
        using var host = await StartAsync();
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        var request = new SoundRequest("a dog barks") { Duration = 0.6, Seed = 7 };
        var whole = await generator.GenerateAsync(request);
        var parts = new List<SoundChunk>();
        await foreach (var chunk in generator.Stream(request))
        {
            Assert.Equal(parts.Sum(part => (long)part.Frames), chunk.StartFrame);
            parts.Add(chunk);
        }

        Assert.True(parts.Count > 1);
        Assert.Equal((1, 16000, 9600, 7L), (whole.Channels, whole.SampleRate, whole.Frames, whole.Seed!.Value));
        Same(whole.Samples, [.. parts.SelectMany(part => part.Samples)]);
        using var alone = await generator.RunAsync((model, stop) =>
        {
            return model.Generate("a dog barks", generator.Info!.Defaults! with { Duration = 0.6, Seed = 7 }, cancellationToken: stop);
        });
        Same(whole.Samples, Sound.FromTensor(alone, generator.Info!.SampleRate).Samples);
    }

    [Fact]
    public async Task Thirty_two_concurrent_callers_get_their_own_results()
    {
        using var host = await StartAsync();
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        var codec = host.Services.GetRequiredService<ISoundCodec>();
        string[] texts = ["rain", "a dog barks", "siren", "footsteps, slow"];
        var alone = new List<Sound>();
        foreach (var (text, i) in texts.Select((text, i) => (text, i)))
        {
            alone.Add(await generator.GenerateAsync(new SoundRequest(text) { Duration = 0.4, Seed = i }));
        }

        var canceled = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
        {
            var request = new SoundRequest(texts[i % 4]) { Duration = 0.4, Seed = i % 4 };
            switch (i / 4)
            {
                case 0 or 1 or 2:
                    Same(alone[i % 4].Samples, (await generator.GenerateAsync(request)).Samples);
                    break;
                case 3 or 4 or 5:
                    var chunks = await QueueTests.ToListAsync(generator.Stream(request));
                    Same(alone[i % 4].Samples, [.. chunks.SelectMany(chunk => chunk.Samples)]);
                    break;
                case 6:
                    using (var cancel = new CancellationTokenSource())
                    {
                        var leaving = generator.GenerateAsync(request, new Reports(report => { if (report.Step == 3) { cancel.Cancel(); } }), cancel.Token);
                        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
                        Interlocked.Increment(ref canceled);
                    }

                    break;
                default:
                    var codes = await codec.EncodeAsync(alone[i % 4], 1 + (i % 4));
                    Assert.Equal((1 + (i % 4), 20), (codes.Codebooks, codes.Frames));
                    Assert.Equal(alone[i % 4].Frames, (await codec.DecodeAsync(codes)).Frames);
                    break;
            }
        })));
        Assert.Equal((4, 0), (canceled, generator.QueueLength));
    }

    [Fact]
    public async Task Requests_leave_no_native_tensors_on_success_failure_and_cancellation()
    {
        using var host = await StartAsync();
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        await ServeSome(generator);
        LiveTensors.NoneLeft(() => ServeSome(generator).GetAwaiter().GetResult());
    }

    [Fact]
    public void Stopped_host_leaves_no_native_memory() => LiveTensors.NoneLeftOfModules(() => StartAndEnd().GetAwaiter().GetResult());

    [Fact]
    public async Task Audio_can_be_continued()
    {
        using var host = await StartAsync();
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        var start = await generator.GenerateAsync(new SoundRequest("rain") { Duration = 0.3 });
        var sound = await generator.GenerateAsync(new SoundRequest("rain") { Duration = 0.8, Continue = start });
        Assert.Equal(0.8, sound.Duration.TotalSeconds, 1e-9);
        var unchanged = (int)(0.25 * start.SampleRate); // before the cross-fade
        Assert.Equal(start.Samples[..unchanged], sound.Samples[..unchanged]);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => generator.GenerateAsync(new SoundRequest("rain") { Duration = 0.2, Continue = start }));
    }

    [Fact]
    public async Task Requests_that_do_not_fit_the_model_throw_ArgumentException()
    {
        using var host = await StartAsync();
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => generator.GenerateAsync(new SoundRequest("rain") { Duration = 0.001 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => QueueTests.ToListAsync(generator.Stream(new SoundRequest("rain") { Duration = 0.001 })));
        var sound = await generator.GenerateAsync(new SoundRequest("\ud800 \0 <extra_id_0> \u202e 😀") { Duration = 0.1 });
        Assert.True(sound.Frames > 0);
    }

    [Fact]
    public async Task Missing_model_is_reported_with_its_name()
    {
        using var host = await StartAsync(options => (options.Model, options.Pretrained) = ("no-such-model", new PretrainedOptions { Device = CPU, Offline = true }));
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        var error = await Assert.ThrowsAsync<SoundModelUnavailableException>(() => generator.GenerateAsync(new SoundRequest("rain")));
        Assert.Contains("no-such-model", error.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<AudioCraftException>(error.InnerException);
    }

    internal static async Task<IHost> StartAsync(Action<AudioCraftOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddAudioCraft(options =>
        {
            (options.Model, options.Pretrained) = ("audiogen-tiny", new PretrainedOptions { Device = CPU });
            configure?.Invoke(options);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task StartAndEnd()
    {
        using var host = await StartAsync(options => options.Loading = ModelLoading.BeforeStart);
        await host.Services.GetRequiredService<ISoundGenerator>().GenerateAsync(new SoundRequest("rain") { Duration = 0.1 });
        await host.StopAsync();
    }

    private static async Task ServeSome(ISoundGenerator generator)
    {
        var request = new SoundRequest("rain") { Duration = 0.2 };
        await Task.WhenAll(generator.GenerateAsync(request), generator.GenerateAsync(request), QueueTests.ToListAsync(generator.Stream(request)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var cancel = new CancellationTokenSource();
            await generator.GenerateAsync(request, new Reports(report => { if (report.Step == 3) { cancel.Cancel(); } }), cancel.Token);
        });
        await foreach (var part in generator.Stream(request))
        {
            break;
        }

        var unheard = generator.Stream(request);
        await Assert.ThrowsAsync<FormatException>(() => generator.GenerateAsync(request, new Reports(_ => throw new FormatException())));
        await unheard.DisposeAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => generator.GenerateAsync(request with { Duration = 0.001 }));

        // Runs after all earlier requests.
        await generator.RunAsync((model, _) => model.SampleRate);
    }

    private static void Same(float[] expected, float[] actual)
    {
        using var scope = NewDisposeScope();
        Near.Equal(tensor(expected), tensor(actual), 1e-4);
    }
}
