using AudioCraft.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static TorchSharp.torch;

namespace AudioCraft.Hosting.Tests;

/// <summary>The codec of the bundled model in a host.</summary>
public sealed class CodecTests : IAsyncLifetime
{
    private IHost host = null!;

    private ISoundCodec Codec => host.Services.GetRequiredService<ISoundCodec>();

    public async Task InitializeAsync() => host = await TinyModelTests.StartAsync(options => options.MaxSoundDuration = 4);

    public Task DisposeAsync()
    {
        host.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Encode_converts_rate_and_channels_and_decode_restores_the_length()
    {
        var audio = Noise(seconds: 3.01, rate: 44100, channels: 2);
        var codes = await Codec.EncodeAsync(audio);
        Assert.Equal((4, 151), (codes.Codebooks, codes.Frames));
        var back = await Codec.DecodeAsync(codes);
        Assert.Equal((1, 16000, 48160), (back.Channels, back.SampleRate, back.Frames));
        using var expected = await Codec.RunAsync((codec, _) =>
        {
            using var scope = NewDisposeScope();
            using var source = audio.ToTensor();
            var wav = AudioConversion.Convert(source, 44100, 16000, 1).unsqueeze(0);
            return codec.Encode(wav).Codes.MoveToOuterDisposeScope();
        });
        Assert.Equal(expected.data<long>().Select(code => (int)code), codes.Values);
    }

    [Fact]
    public async Task Fewer_codebooks_are_the_first_rows_and_do_not_change_the_default()
    {
        var info = await Codec.LoadAsync();
        Assert.Equal((4, 4, 1024), (info.Codebooks, info.TotalCodebooks, info.Cardinality));
        Assert.Equal(4 * 10 * 50, info.BitsPerSecond(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => info.BitsPerSecond(5));
        var audio = Noise(0.5, 16000, 1);
        var all = await Codec.EncodeAsync(audio);
        for (var codebooks = 1; codebooks <= 4; codebooks++)
        {
            var codes = await Codec.EncodeAsync(audio, codebooks);
            Assert.Equal(all.Values[..(codebooks * all.Frames)], codes.Values);
            Assert.Equal(audio.Frames, (await Codec.DecodeAsync(codes)).Frames);
        }

        Assert.Equal(4, await Codec.RunAsync((codec, _) => codec.NumCodebooks));
    }

    [Fact]
    public async Task Invalid_audio_and_codes_are_rejected_and_later_calls_work()
    {
        var fine = Noise(0.2, 16000, 1);
        Sound[] sounds = [new([], 1, 16000), Noise(4.1, 16000, 1), new([0, float.NaN], 1, 16000), new([float.PositiveInfinity], 1, 16000), new(new float[4], 1, 1)];
        foreach (var audio in sounds)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Codec.EncodeAsync(audio));
        }

        SoundCodes[] codes = [new(new int[5], 5), new([1024], 1), new([-1], 1), new(new int[201], 1), new([int.MinValue, int.MaxValue], 2)];
        foreach (var one in codes)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Codec.DecodeAsync(one));
        }

        await Assert.ThrowsAsync<ArgumentNullException>(() => Codec.EncodeAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Codec.DecodeAsync(null!));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Codec.EncodeAsync(fine, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Codec.EncodeAsync(fine, 5));
        Assert.Equal(fine.Frames, (await Codec.DecodeAsync(await Codec.EncodeAsync(fine))).Frames);
    }

    [Fact]
    public void Coding_leaves_no_native_tensors()
    {
        var audio = Noise(1, 22050, 2);
        Serve();
        LiveTensors.NoneLeft(Serve);

        void Serve()
        {
            var codes = Codec.EncodeAsync(audio, 2).GetAwaiter().GetResult();
            Codec.DecodeAsync(codes).GetAwaiter().GetResult();
            Assert.ThrowsAny<ArgumentException>(() => Codec.DecodeAsync(new SoundCodes([1024], 1)).GetAwaiter().GetResult());
            Assert.ThrowsAny<ArgumentException>(() => Codec.EncodeAsync(audio, 9).GetAwaiter().GetResult());
        }
    }

    [Fact]
    public async Task Coding_can_be_canceled_between_chunks_and_does_not_change_the_codec()
    {
        var audio = Noise(1, 16000, 1);
        var stopped = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Codec.RunAsync((codec, _) => CodecArrays.Encode(codec, audio, 2, stopped)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Codec.RunAsync((codec, _) => CodecArrays.Decode(codec, new SoundCodes(new int[100], 2), 60, stopped)));
        Assert.Equal(4, await Codec.RunAsync((codec, _) => codec.NumCodebooks));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Codec.EncodeAsync(audio, null, stopped));
    }

    [Fact]
    public void Codecs_without_streaming_are_supported_and_their_scale_is_kept()
    {
        var seanet = new SEANetConfig { Channels = 2, Dimension = 8, Filters = 4, ResidualLayers = 1, Ratios = [4, 2] };
        using var codec = new EncodecModel(new EncodecConfig
        {
            SampleRate = 16000, Channels = 2, Renormalize = true, Encoder = seanet, Quantizer = new QuantizerConfig { NumCodebooks = 2, Cardinality = 16 },
        });
        codec.eval();
        var codes = CodecArrays.Encode(codec, Noise(0.1, 8000, 1), 1, CancellationToken.None);
        Assert.Equal((1, 200), (codes.Codebooks, codes.Frames));
        Assert.True(codes.Scale > 0);
        var audio = CodecArrays.Decode(codec, codes, 60, CancellationToken.None);
        Assert.Equal((2, 1600), (audio.Channels, audio.Frames));
        var louder = CodecArrays.Decode(codec, new SoundCodes(codes.Values, 1, 2 * codes.Scale, 1500), 60, CancellationToken.None);
        Assert.Equal(1500, louder.Frames);
        Assert.Equal(2 * audio.Samples[100], louder.Samples[100], 1e-4f);
    }

    [Fact]
    public async Task Codec_without_a_language_model_is_a_service()
    {
        using var provider = new ServiceCollection()
            .AddAudioCraftCodec("tiny", options => (options.Model, options.Pretrained) = (Path.Combine(Models(), "audiogen-tiny"), new PretrainedOptions { Device = CPU }))
            .BuildServiceProvider();
        var alone = provider.GetRequiredKeyedService<ISoundCodec>("tiny");
        var audio = Noise(0.5, 16000, 1);
        Assert.Equal((await Codec.EncodeAsync(audio)).Values, (await alone.EncodeAsync(audio)).Values);
        Assert.Null(alone.Info!.Defaults);
    }

    private static string Models()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder.FullName, "models", "audiogen-tiny")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No models/audiogen-tiny above {AppContext.BaseDirectory}.");
        }

        return Path.Combine(folder.FullName, "models");
    }

    private static Sound Noise(double seconds, int rate, int channels)
    {
        var random = new Random(1);
        return new Sound([.. Enumerable.Range(0, (int)(seconds * rate) * channels).Select(_ => (random.NextSingle() - 0.5f) / 2)], channels, rate);
    }
}
