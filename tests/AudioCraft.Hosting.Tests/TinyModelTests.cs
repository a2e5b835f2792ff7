using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static TorchSharp.torch;

// Tests count live native tensors, and libtorch threads by itself: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace AudioCraft.Hosting.Tests;

/// <summary>The bundled model in a host.</summary>
public sealed class TinyModelTests
{
    [Fact]
    public async Task A_sound_is_the_same_as_a_whole_as_a_stream_and_from_the_model_itself()
    {
        using var host = await StartAsync();
        var generator = host.Services.GetRequiredService<ISoundGenerator>();
        var request = new SoundRequest("a dog barks") { Duration = 0.6, Seed = 7 };
        var whole = await generator.GenerateAsync(request);
        var pieces = new List<SoundChunk>();
        await foreach (var chunk in generator.Stream(request))
        {
            Assert.Equal(pieces.Sum(piece => (long)piece.Frames), chunk.StartFrame);
            pieces.Add(chunk);
        }

        Assert.True(pieces.Count > 1);
        Assert.Equal((1, 16000, 9600, 7L), (whole.Channels, whole.SampleRate, whole.Frames, whole.Seed!.Value));
        using var joined = tensor(pieces.SelectMany(piece => piece.Samples).ToArray());
        using var expected = tensor(whole.Samples);
        Near.Equal(expected, joined, 1e-5);
        using var alone = await generator.RunAsync((model, stop) =>
        {
            model.GenerationParams = generator.Info!.Defaults! with { Duration = 0.6, Seed = 7 };
            return model.Generate("a dog barks", null, stop);
        });
        using var flat = alone.flatten();
        Near.Equal(flat, expected, 1e-6);
        await host.StopAsync();
    }

    private static async Task<IHost> StartAsync(Action<AudioCraftOptions>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddAudioCraft(options =>
        {
            (options.Model, options.Pretrained) = ("audiogen-tiny", new PretrainedOptions { Device = CPU });
            configure?.Invoke(options);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
