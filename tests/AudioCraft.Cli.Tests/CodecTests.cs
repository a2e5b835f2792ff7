using AudioCraft.NAudio;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;

namespace AudioCraft.Cli.Tests;

public sealed class CodecTests : IDisposable
{
    private static readonly string TinyDac = Golden.File("dac_tiny", "dac_weights.pth");

    private readonly TemporaryFolder folder = new();
    private readonly string sound;

    public CodecTests()
    {
        using var scope = torch.NewDisposeScope();
        sound = folder.File("sound.wav");
        var wav = (torch.arange(0, 16000, dtype: torch.ScalarType.Float32) * 0.2).sin().unsqueeze(0) * 0.5;
        AudioFile.Write(sound, wav, 16000, new AudioWriteOptions { Normalization = AudioNormalization.None });
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Ecdc_round_trip()
    {
        var json = Tool.Run("encode", sound, "--json").Succeeded().Json;
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
        var all = Tool.Run("encode", sound, "-o", folder.File("4.ecdc"), "--json").Succeeded().Json;
        var rated = Tool.Run("encode", sound, "-o", folder.File("2.ecdc"), "--bitrate", "1", "--json").Succeeded().Json;
        var counted = Tool.Run("encode", sound, "-o", folder.File("1.ecdc"), "--codebooks", "1", "--json").Succeeded().Json;
        Assert.Equal([4, 2, 1], new[] { all, rated, counted }.Select(run => run.GetProperty("codebooks").GetInt32()));
        Assert.True(all.GetProperty("bytes").GetInt64() > rated.GetProperty("bytes").GetInt64());
        Assert.True(rated.GetProperty("bytes").GetInt64() > counted.GetProperty("bytes").GetInt64());
        foreach (var outside in new[] { "0.1", "99", "2.2" })
        {
            Assert.Contains($"--bitrate takes 0.5, 1, 1.5, 2 kb/s for this codec, not {outside}", Tool.Run("encode", sound, "-o", folder.File("no.ecdc"), "-b", outside).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        }

        Assert.False(File.Exists(folder.File("no.ecdc")));
        var between = Tool.Run("encode", sound, "-o", folder.File("1.2.ecdc"), "-b", "1.2").SucceededWithNotes();
        Assert.Contains("2 codebooks of audiogen-tiny", between.Out, StringComparison.Ordinal);
        Assert.StartsWith("note: Using 1 kb/s", between.Error, StringComparison.Ordinal);
        Assert.Contains("give one", Tool.Run("encode", sound, "-b", "1", "-k", "1").FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Tool.Run("encode", sound, "-k", "9", "-o", folder.File("9.ecdc")).FailedWith(ExitCode.Misuse);
    }

    [Fact]
    public void Codes_and_decoded_audio_match_the_codec()
    {
        var file = folder.File("codes.safetensors");
        Tool.Run("encode", sound, "-o", file).Succeeded();
        Tool.Run("decode", file, "-o", folder.File("codes.wav")).Succeeded();
        Tool.Run("encode", sound, "-o", folder.File("same.ecdc")).Succeeded();
        Tool.Run("decode", folder.File("same.ecdc"), "-o", folder.File("ecdc.wav")).Succeeded();
        using var scope = torch.NewDisposeScope();
        var (codes, ecdc) = (AudioFile.Read(folder.File("codes.wav")).Wav, AudioFile.Read(folder.File("ecdc.wav")).Wav);
        Assert.Equal(ecdc.shape, codes.shape);
        Assert.True((codes - ecdc).abs().max().item<float>() < 1e-3);
    }

    [Fact]
    public void Dac_round_trip()
    {
        Tool.Run("encode", sound, "-o", folder.File("x.dac"), "--model", TinyDac).Succeeded();
        Tool.Run("decode", folder.File("x.dac"), "-o", folder.File("x.wav"), "--model", TinyDac).Succeeded();
        var info = AudioFile.Info(folder.File("x.wav"));
        Assert.Equal(16000, info.SampleRate);
        Assert.Contains("writes .dac and .safetensors", Tool.Run("encode", sound, "-o", folder.File("x.ecdc"), "--model", TinyDac).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
    }

    [Fact]
    public void Default_output_file_is_not_overwritten()
    {
        var place = folder.Write("sound.ecdc", "mine"u8);
        Assert.Contains("already exists", Tool.Run("encode", sound).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
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
        Assert.Contains("does not end in", Tool.Run("decode", sound).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("y.ecdc")));
    }

    [Fact]
    public void Continue_writes_the_whole_recording_and_what_follows()
    {
        var json = Tool.Run("continue", sound, "rain", "wind", "-d", "1.5", "-o", folder.File("on/"), "--seed", "2", "--level", "none", "--json").Succeeded().Json;
        Assert.Equal(["sound-rain.wav", "sound-wind.wav"], json.GetProperty("sounds").EnumerateArray().Select(s => Path.GetFileName(s.GetProperty("path").GetString())));
        Assert.Equal(16000 + 8000, AudioFile.Info(folder.File("on/sound-rain.wav")).Frames);
        using var scope = torch.NewDisposeScope();
        var (recording, continued) = (AudioFile.Read(sound).Wav, AudioFile.Read(folder.File("on/sound-rain.wav")).Wav);
        Assert.True((recording - continued.narrow(1, 0, 16000)).narrow(1, 0, 15000).abs().max().item<float>() < 1e-3);
        Tool.Run("continue", sound, "-d", "1.2", "-o", folder.File("on/")).Succeeded();
        Assert.Contains("--duration includes the recording, which has 1 s, but is 1: give more.", Tool.Run("continue", sound, "rain", "-d", "1", "-o", folder.File("no.wav")).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("on/sound-continued.wav")));
    }

    [Fact]
    public void Continue_keeps_a_recording_that_is_longer_than_the_window()
    {
        using var scope = torch.NewDisposeScope();
        var path = folder.File("long.wav");
        AudioFile.Write(path, (torch.arange(0, 16000 * 12, dtype: torch.ScalarType.Float32) * 0.2).sin().unsqueeze(0) * 0.5, 16000);
        Tool.Run("continue", path, "rain", "-d", "12.5", "-o", folder.File("on.wav")).Succeeded();
        Assert.Equal((16000 * 12) + 8000, AudioFile.Info(folder.File("on.wav")).Frames);
    }

    [Theory]
    [InlineData("continue")]
    [InlineData("encode")]
    [InlineData("decode")]
    public void Missing_input_is_reported_before_a_model_is_loaded(string command)
    {
        Assert.Contains("none.wav' cannot be read: there is no such file.", Tool.Run(command, folder.File("none.wav"), "--model", "./no/model").FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        Assert.Contains("it is a directory", Tool.Run(command, folder.Path, "--model", "./no/model").FailedWith(ExitCode.Failure), StringComparison.Ordinal);
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
