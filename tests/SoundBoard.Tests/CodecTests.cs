using System.Globalization;
using System.Net;
using System.Text;
using AudioCraft.NAudio;

namespace SoundBoard.Tests;

public sealed class CodecTests(BoardServer server) : IClassFixture<BoardServer>
{
    private readonly HttpClient client = server.CreateClient();

    [Fact]
    public async Task Encode_and_decode_keep_the_length_at_each_bitrate()
    {
        var sizes = new List<int>();
        for (var codebooks = 1; codebooks <= 4; codebooks++)
        {
            using var encoded = await client.Send($"/v1/encode?codebooks={codebooks}", Wav.Tone(1.5));
            var codes = await encoded.BytesAsync("application/octet-stream");
            Assert.Equal(0.5 * codebooks, double.Parse(Assert.Single(encoded.Headers.GetValues("AudioCraft-Kbps")), CultureInfo.InvariantCulture), 3);
            sizes.Add(codes.Length);
            using var decoded = await client.Send("/v1/decode", codes, "application/octet-stream");
            Assert.Equal((24000, 1, 16000), Wav.Read(await decoded.BytesAsync("audio/wav")));
        }

        Assert.Equal(sizes.Order(), sizes);
        Assert.Equal(4, sizes.Distinct().Count());
    }

    [Theory]
    [InlineData(8000, 1)]
    [InlineData(44100, 2)]
    [InlineData(48000, 6)]
    public async Task Files_of_usual_rates_and_channels_are_accepted(int rate, int channels)
    {
        using var encoded = await client.Send("/v1/encode", Wav.Tone(1, rate, channels));
        using var decoded = await client.Send("/v1/decode", await encoded.BytesAsync("application/octet-stream"), "application/octet-stream");
        Assert.InRange(Wav.Read(await decoded.BytesAsync("audio/wav")).Frames, 15990, 16010);
    }

    [Fact]
    public async Task Flac_round_trip_is_lossless()
    {
        var tone = Wav.Tone(1, 22050, 2);
        using var flac = await client.Send("/v1/convert?to=flac", tone);
        var packed = await flac.BytesAsync("audio/flac");
        Assert.Equal("fLaC"u8.ToArray(), packed[..4]);
        using var wav = await client.Send("/v1/convert?to=wav", packed, "audio/flac");
        Assert.Equal(tone, await wav.BytesAsync("audio/wav"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("5")]
    [InlineData("-1")]
    [InlineData("99999999999999")]
    [InlineData("two")]
    public async Task Number_of_codebooks_is_checked(string codebooks)
    {
        using var response = await client.Send($"/v1/encode?codebooks={codebooks}", Wav.Tone(0.2));
        await response.RefusedAsync(400, "codebooks");
    }

    [Theory]
    [InlineData("mp3")]
    [InlineData("")]
    [InlineData("..%2f..%2fetc%2fpasswd")]
    public async Task Convert_supports_only_WAV_and_FLAC(string to)
    {
        using var response = await client.Send($"/v1/convert?to={to}", Wav.Tone(0.2));
        await response.RefusedAsync(400, "wav or flac");
    }

    [Theory]
    [InlineData("/v1/encode", "text/plain")]
    [InlineData("/v1/encode", "multipart/form-data; boundary=x")]
    [InlineData("/v1/encode", null)]
    [InlineData("/v1/convert?to=wav", "image/png")]
    [InlineData("/v1/decode", "audio/wav")]
    public async Task Other_content_types_are_rejected(string path, string? type)
    {
        using var response = await client.Send(path, Wav.Tone(0.2), type);
        await response.RefusedAsync(415, "was expected");
    }

    [Theory]
    [InlineData("/v1/encode", "audio/wav")]
    [InlineData("/v1/convert?to=flac", "audio/wav")]
    [InlineData("/v1/decode", "application/octet-stream")]
    public async Task Empty_bodies_are_rejected(string path, string type)
    {
        using var response = await client.Send(path, [], type);
        await response.RefusedAsync(400, "empty");
    }

    [Theory]
    [InlineData("/v1/encode", "audio/wav")]
    [InlineData("/v1/decode", "application/octet-stream")]
    public async Task Too_large_bodies_are_rejected_with_and_without_content_length(string path, string type)
    {
        using var announced = await client.Send(path, new byte[2_000_001], type);
        await announced.RefusedAsync(413, "2000000 bytes");

        using var content = new Unannounced(3_000_000);
        content.Headers.ContentType = new(type);
        using var unannounced = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        await unannounced.RefusedAsync(413, "2000000 bytes");
    }

    [Fact]
    public async Task Too_long_audio_is_rejected()
    {
        using var response = await client.Send("/v1/encode", Wav.Tone(5.1));
        await response.RefusedAsync(413, "5.1 s");
    }

    public static TheoryData<string, byte[], string> Hostile() => new()
    {
        { "text", Encoding.UTF8.GetBytes("this is not a sound file, whatever its type says"), "" },
        { "three bytes", "RIF"u8.ToArray(), "" },
        { "cut off in the header", Wav.Tone(1)[..30], "ends" },
        { "cut off in the samples", Wav.Tone(1)[..5000], "data" },
        { "claims 1 GiB", Wav.File(new byte[100], 16000, 1, dataBytes: 0x40000000), "data" },
        { "one sample a second", Wav.File(new byte[1000], 1, 1), "rate is 1 Hz" },
        { "a million samples a second", Wav.File(new byte[1000], 1_000_000, 1), "sample rate" },
        { "no samples", Wav.File([], 16000, 1), "no audio" },
        { "no channels", Wav.File(new byte[100], 16000, 0), "channels" },
        { "40 channels", Wav.File(new byte[8000], 16000, 40), "40 channels" },
        { "floats that are not numbers", Wav.File([0, 0, 0xC0, 0x7F], 16000, 1, tag: 3, bits: 32), "NaN" },
        { "an unknown kind of samples", Wav.File(new byte[100], 16000, 1, tag: 0x55), "" },
        { "FLAC that is cut off", [.. "fLaC"u8, 0, 0, 0, 34, .. new byte[10]], "" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Damaged_and_false_audio_files_are_rejected(string what, byte[] file, string words)
    {
        Assert.NotEqual("", what);
        foreach (var path in new[] { "/v1/encode", "/v1/convert?to=wav" })
        {
            using var response = await client.Send(path, file);
            await response.RefusedAsync(400, words);
        }
    }

    [Fact]
    public async Task Small_file_that_decompresses_to_long_audio_is_rejected()
    {
        using var silence = TorchSharp.torch.zeros(1, 120 * 48000);
        using var packed = new MemoryStream();
        NAudioFile.Write(packed, SoundFormat.Flac, silence, 48000);
        Assert.InRange(packed.Length, 1, 100_000);
        using var response = await client.Send("/v1/encode", packed.ToArray(), "audio/flac");
        await response.RefusedAsync(400, "more than");
    }

    [Fact]
    public async Task Audio_beyond_full_scale_is_clipped()
    {
        var file = Wav.File([.. Enumerable.Repeat(BitConverter.GetBytes(1e30f), 1600).SelectMany(x => x)], 16000, 1, tag: 3, bits: 32);
        using var converted = await client.Send("/v1/convert?to=wav", file);
        Assert.Equal(1600, Wav.Read(await converted.BytesAsync("audio/wav")).Frames);
        using var encoded = await client.Send("/v1/encode", file);
        Assert.True((int)encoded.StatusCode is 200 or 400, $"{encoded.StatusCode}");
    }

    [Fact]
    public async Task Damaged_and_false_codes_are_rejected()
    {
        using var encoded = await client.Send("/v1/encode", Wav.Tone(1));
        var good = await encoded.BytesAsync("application/octet-stream");
        var text = Encoding.Latin1.GetString(good);
        byte[] Edited(string from, string to) => Encoding.Latin1.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        var lies = new Dictionary<byte[], int>
        {
            [Encoding.UTF8.GetBytes("no codes at all")] = 400,
            [good[..^5]] = 400,
            [[.. good[..^1], .. new byte[200]]] = 400,
            [Edited("16000", "99999")] = 413,
            [Edited("16000", "79999")] = 400,
            [Edited("audiogen-tiny", "audiogen-tidy")] = 400,
        };
        Assert.Contains("16000", text, StringComparison.Ordinal);
        foreach (var (file, status) in lies)
        {
            using var response = await client.Send("/v1/decode", file, "application/octet-stream");
            await response.RefusedAsync(status, "");
        }
    }

    /// <summary>Content of unknown length.</summary>
    private sealed class Unannounced(int bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(new byte[bytes]).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
