using AudioCraft.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting.Tests;

/// <summary>Registration and options.</summary>
public sealed class ServicesTests
{
    [Fact]
    public async Task Models_can_have_names_and_one_can_have_none()
    {
        await using var test = await TestHost.StartAsync(services: services => services
            .AddAudioCraft("music", options => (options.Model, options.Kind) = ("facebook/musicgen-small", SoundModelKind.MusicGen))
            .AddAudioCraftCodec("codec"));
        var services = test.Services;
        Assert.Equal(["", "music", "codec"], services.GetServices<ISoundModel>().Select(model => model.Key));
        Assert.Equal(("", "music"), (test.Generator.Key, services.GetRequiredKeyedService<ISoundGenerator>("music").Key));
        Assert.Equal(("", "music"), (services.GetRequiredService<ISoundCodec>().Key, services.GetRequiredKeyedService<ISoundCodec>("music").Key));
        Assert.Equal("codec", services.GetRequiredKeyedService<ISoundCodec>("codec").Key);
        Assert.Null(services.GetKeyedService<ISoundGenerator>("codec"));
        Assert.Same(test.Generator, services.GetRequiredKeyedService<ISoundGenerator>(""));
    }

    [Fact]
    public void Codec_can_be_added_without_a_name()
    {
        using var provider = new ServiceCollection().AddAudioCraftCodec(options => options.Model = "facebook/encodec_32khz").BuildServiceProvider();
        Assert.Equal("", provider.GetRequiredService<ISoundCodec>().Key);
        Assert.Null(provider.GetService<ISoundGenerator>());
        Assert.Equal("", Assert.Single(provider.GetServices<ISoundModel>()).Key);
    }

    [Fact]
    public void Options_of_configuration_and_code_are_combined()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Sound:Model"] = "some/model", ["Sound:Kind"] = "MusicGen", ["Sound:Loading"] = "OnFirstUse", ["Sound:MaxQueueLength"] = "3",
            ["Sound:ConsumerTimeout"] = "00:00:05", ["Sound:Pretrained:Revision"] = "v1",
        }).Build();
        using var provider = new ServiceCollection()
            .AddAudioCraft("x", options => options.MaxBatchSize = 2)
            .AddAudioCraft("x", options => options.MaxDuration = 4)
            .Configure<AudioCraftOptions>("x", configuration.GetSection("Sound"))
            .BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<AudioCraftOptions>>().Get("x");
        Assert.Equal(("some/model", SoundModelKind.MusicGen, ModelLoading.OnFirstUse, 3), (options.Model, options.Kind, options.Loading, options.MaxQueueLength));
        Assert.Equal((2, 4, TimeSpan.FromSeconds(5), "v1"), (options.MaxBatchSize, options.MaxDuration, options.ConsumerTimeout, options.Pretrained.Revision));
        Assert.Single(provider.GetServices<ISoundModel>());
    }

    [Fact]
    public void Duplicate_model_names_are_rejected()
    {
        var services = new ServiceCollection().AddAudioCraft("x").AddAudioCraftCodec("y");
        Assert.Throws<ArgumentException>(() => services.AddAudioCraftCodec("x"));
        Assert.Throws<ArgumentException>(() => services.AddAudioCraft("y"));
        Assert.Throws<ArgumentNullException>(() => services.AddAudioCraft((string)null!));
    }

    [Fact]
    public void Sound_and_SoundCodes_check_their_values()
    {
        Assert.ThrowsAny<ArgumentException>(() => new Sound(new float[3], 2, 1000));
        Assert.ThrowsAny<ArgumentException>(() => new Sound(new float[4], 0, 1000));
        Assert.ThrowsAny<ArgumentException>(() => new Sound(new float[4], 65, 1000));
        Assert.ThrowsAny<ArgumentException>(() => new Sound(new float[4], 2, 0));
        Assert.ThrowsAny<ArgumentException>(() => new Sound(null!, 2, 1000));
        Assert.ThrowsAny<ArgumentException>(() => new SoundCodes([1, 2, 3], 2));
        Assert.ThrowsAny<ArgumentException>(() => new SoundCodes([], 1));
        Assert.ThrowsAny<ArgumentException>(() => new SoundCodes([1], 0));
        Assert.ThrowsAny<ArgumentException>(() => new SoundCodes([1], 1, float.NaN));
        Assert.ThrowsAny<ArgumentException>(() => new SoundCodes([1], 1, null, 0));
        LiveTensors.NoneLeft(() =>
        {
            var sound = new Sound([1, 2, 3, 4, 5, 6], 2, 1000, 9);
            Assert.Equal((3, 3.0), (sound.Frames, sound.Duration.TotalMilliseconds));
            using var wav = sound.ToTensor();
            Assert.Equal([2L, 3L], wav.shape);
            var again = Sound.FromTensor(wav, 1000);
            Assert.Equal(sound.Samples, again.Samples);
            Assert.Null(again.Seed);
        });
    }
}
