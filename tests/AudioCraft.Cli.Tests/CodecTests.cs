using AudioCraft.NAudio;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;

namespace AudioCraft.Cli.Tests;

public sealed class CodecTests : IDisposable
{
    private static readonly string TinyDac = Golden.File("dac_tiny", "dac_weights.pth");

    private readonly TemporaryFolder folder = new();
    private readonly string audio;

    public CodecTests()
    {
        using var scope = torch.NewDisposeScope();
        audio = folder.File("sound.wav");
        var wav = (torch.arange(0, 16000, dtype: torch.ScalarType.Float32) * 0.2).sin().unsqueeze(0) * 0.5;
        AudioFile.Write(audio, wav, 16000, new AudioWriteOptions { Strategy = AudioNormalization.None });
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Ecdc_round_trip()
    {
        var json = Tool.Run("encode", audio, "--json").Succeeded().Json;
        Assert.Equal(folder.File("sound.ecdc"), json.GetProperty("path").GetString());
        Assert.Equal(new FileInfo(folder.File("sound.ecdc")).Length, json.GetProperty("bytes").GetInt64());
        Assert.Equal("audiogen-tiny", EcdcFile.ReadHeader(folder.File("sound.ecdc")).ModelName);
        Tool.Run("decode", folder.File("sound.ecdc"), "-o", folder.File("back.flac"), "--png").Succeeded();
        var (wav, rate) = NAudioFile.Read(folder.File("back.flac"));
        using (wav)
        {
            Assert.Equal((16000, 16000L), (rate, wav.size(-1)));
        }

        Assert.True(File.Exists(folder.File("back.png")));
    }

    [Fact]
    public void Bitrate_or_codebooks_determine_the_size()
    {
        var all = Tool.Run("encode", audio, "-o", folder.File("4.ecdc"), "--json").Succeeded().Json;
        var rated = Tool.Run("encode", audio, "-o", folder.File("2.ecdc"), "--bitrate", "1", "--json").Succeeded().Json;
        var counted = Tool.Run("encode", audio, "-o", folder.File("1.ecdc"), "--codebooks", "1", "--json").Succeeded().Json;
        Assert.Equal([4, 2, 1], new[] { all, rated, counted }.Select(run => run.GetProperty("codebooks").GetInt32()));
        Assert.True(all.GetProperty("bytes").GetInt64() > rated.GetProperty("bytes").GetInt64());
        Assert.True(rated.GetProperty("bytes").GetInt64() > counted.GetProperty("bytes").GetInt64());
        Assert.Contains("takes 0.5 kb/s", Tool.Run("encode", audio, "-b", "0.1").FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.Contains("give one", Tool.Run("encode", audio, "-b", "1", "-k", "1").FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Tool.Run("encode", audio, "-k", "9", "-o", folder.File("9.ecdc")).FailedWith(ExitCode.Misuse);
    }

    [Fact]
    public void Codes_and_decoded_audio_match_the_codec()
    {
        var file = folder.File("codes.safetensors");
        Tool.Run("encode", audio, "-o", file).Succeeded();
        Tool.Run("decode", file, "-o", folder.File("codes.wav")).Succeeded();
        Tool.Run("encode", audio, "-o", folder.File("same.ecdc")).Succeeded();
        Tool.Run("decode", folder.File("same.ecdc"), "-o", folder.File("ecdc.wav")).Succeeded();
        using var scope = torch.NewDisposeScope();
        var (codes, ecdc) = (AudioFile.Read(folder.File("codes.wav")).Wav, AudioFile.Read(folder.File("ecdc.wav")).Wav);
        Assert.Equal(ecdc.shape, codes.shape);
        Assert.True((codes - ecdc).abs().max().item<float>() < 1e-3);
    }

    [Fact]
    public void Dac_round_trip()
    {
        Tool.Run("encode", audio, "-o", folder.File("x.dac"), "--model", TinyDac).Succeeded();
        Tool.Run("decode", folder.File("x.dac"), "-o", folder.File("x.wav"), "--model", TinyDac).Succeeded();
        var info = AudioFile.Info(folder.File("x.wav"));
        Assert.Equal(16000, info.SampleRate);
        Assert.Contains("writes .dac and .safetensors", Tool.Run("encode", audio, "-o", folder.File("x.ecdc"), "--model", TinyDac).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
    }

    [Fact]
    public void Default_output_file_is_not_overwritten()
    {
        var place = folder.Write("sound.ecdc", "mine"u8);
        Assert.Contains("exists already", Tool.Run("encode", audio).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(place));
    }

    [Fact]
    public void Damaged_files_and_unknown_codecs_are_rejected_in_one_line()
    {
        Assert.Contains("ECDC", Tool.Run("decode", folder.Write("bad.ecdc", "RIFFnonsense"u8)).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        var header = """{"m": "evil/codec", "al": 16000, "nc": 4, "lm": false}"""u8;
        var file = folder.Write("evil.ecdc", [.. "ECDC\0\0\0\0"u8, (byte)header.Length, .. header]);
        Assert.Contains("'evil/codec'", Tool.Run("decode", file).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Tool.Run("decode", folder.Write("bad.safetensors", [8, 0, 0, 0, 0, 0, 0, 0, .. "{}      "u8])).FailedWith(ExitCode.Failure);
        Tool.Run("encode", folder.Write("bad.wav", "RIFF"u8), "-o", folder.File("y.ecdc")).FailedWith(ExitCode.Failure);
        Assert.Contains("does not end in", Tool.Run("decode", audio).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("y.ecdc")));
    }

    [Fact]
    public void Continue_extends_a_recording()
    {
        var json = Tool.Run("continue", audio, "rain", "wind", "-d", "1.5", "-o", folder.File("on/"), "--seed", "2", "--json").Succeeded().Json;
        Assert.Equal(["sound-rain.wav", "sound-wind.wav"], json.GetProperty("sounds").EnumerateArray().Select(s => Path.GetFileName(s.GetProperty("path").GetString())));
        Assert.Equal(24000, AudioFile.Info(folder.File("on/sound-rain.wav")).Frames);
        Tool.Run("continue", audio, "-d", "1.2", "-o", folder.File("on/")).Succeeded();
        Assert.True(File.Exists(folder.File("on/sound-continued.wav")));
        Tool.Run("continue", audio, "rain", "-d", "0.5").FailedWith(ExitCode.Misuse);
        Assert.Contains("cannot be read", Tool.Run("continue", folder.File("none.wav")).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
    }

    [Fact]
    public void Bench_reports_all_measurements()
    {
        var json = Tool.Run("bench", "--seconds", "0.5", "--runs", "1", "--json").Succeeded().Json;
        foreach (var figure in new[] { "stepsPerSecond", "generating", "encoding", "decoding" })
        {
            Assert.True(json.GetProperty(figure).GetDouble() > 0, figure);
        }

        Tool.Run("bench", "--seconds", "0").FailedWith(ExitCode.Misuse);
    }
}
