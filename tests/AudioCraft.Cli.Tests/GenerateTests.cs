using AudioCraft.NAudio;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Cli.Tests;

public sealed class GenerateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Prompt_gives_a_file_with_its_name_and_a_spectrogram()
    {
        var run = Tool.Run("generate", "A dog, barks!", "-d", "0.5", "-o", folder.Path, "--png", "--seed", "3").Succeeded();
        Assert.StartsWith(folder.File("a-dog-barks.wav") + "  0.50 s, 16000 Hz, seed 3", run.Out, StringComparison.Ordinal);
        var (wav, rate) = AudioFile.Read(folder.File("a-dog-barks.wav"));
        using (wav)
        {
            Assert.Equal((16000, 8000L), (rate, wav.size(-1)));
        }

        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(folder.File("a-dog-barks.png"))[..4]);
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void Same_seed_gives_the_same_file_and_a_random_seed_is_printed()
    {
        Tool.Run("generate", "rain", "-d", "0.2", "-o", folder.File("a.wav"), "-s", "5").Succeeded();
        Tool.Run("generate", "rain", "-d", "0.2", "-o", folder.File("b.wav"), "-s", "5").Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.File("a.wav")), File.ReadAllBytes(folder.File("b.wav")));
        var seed = Tool.Run("generate", "rain", "-d", "0.2", "-o", folder.File("c.wav"), "--json").Succeeded().Json.GetProperty("sounds")[0].GetProperty("seed").GetInt64();
        Tool.Run("generate", "rain", "-d", "0.2", "-o", folder.File("d.wav"), "-s", $"{seed}").Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.File("c.wav")), File.ReadAllBytes(folder.File("d.wav")));
    }

    [Theory]
    [InlineData("flac")]
    [InlineData("ogg")]
    [InlineData("mp3")]
    public void Extension_determines_the_format(string ending)
    {
        var path = folder.File("sub/sound." + ending);
        Tool.Run("generate", "rain", "-d", "0.3", "-o", path).Succeeded();
        var (wav, rate) = NAudioFile.Read(path);
        using (wav)
        {
            Assert.Equal(16000, rate);
            Assert.InRange(wav.size(-1), 4800, 4800 + 4000);
        }

        Assert.NotEqual("RIFF"u8.ToArray(), File.ReadAllBytes(path)[..4]);
    }

    [Fact]
    public async Task Batch_from_file_or_stdin_is_written_to_a_directory_and_can_be_continued()
    {
        var list = folder.Write("prompts.txt", "rain\n\n# a remark\n  wind \nrain\n"u8);
        var place = folder.File("sounds/");
        string[] args = ["generate", "--file", list, "-d", "0.2", "-o", place, "--batch", "2", "-s", "7", "--existing", "skip", "--json"];
        var first = Tool.Run(args).Succeeded().Json.GetProperty("sounds");
        Assert.Equal(["rain.wav", "wind.wav", "rain-2.wav"], first.EnumerateArray().Select(s => Path.GetFileName(s.GetProperty("path").GetString())));
        Assert.Equal([7, 7, 8], first.EnumerateArray().Select(s => s.GetProperty("seed").GetInt32()));
        var second = File.ReadAllBytes(place + "rain-2.wav");
        Assert.NotEqual(File.ReadAllBytes(place + "rain.wav"), second);

        File.Delete(place + "rain-2.wav");
        var kept = File.GetLastWriteTimeUtc(place + "rain.wav");
        var again = Tool.Run(args).Succeeded().Json.GetProperty("sounds");
        Assert.Equal([true, true, false], again.EnumerateArray().Select(s => s.GetProperty("skipped").GetBoolean()));
        Assert.Equal(second, File.ReadAllBytes(place + "rain-2.wav"));
        Assert.Equal(kept, File.GetLastWriteTimeUtc(place + "rain.wav"));

        var piped = await Tool.RunAsync(["generate", "--file", "-", "-d", "0.2", "-o", place], "wind\n", CancellationToken.None);
        Assert.Contains("wind-2.wav", piped.Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_results_with_one_file_name_are_numbered()
    {
        Tool.Run("generate", "rain", "wind", "-d", "0.2", "-o", folder.File("x.wav")).Succeeded();
        Assert.Equal(["x-1.wav", "x-2.wav"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("There is no prompt", "generate")]
    [InlineData("Required command", "")]
    [InlineData("'nonsense'", "nonsense")]
    [InlineData("--nonsense", "generate", "rain", "--nonsense")]
    [InlineData("--duration takes a number such as 0.5, not 'long'", "generate", "rain", "--duration", "long")]
    [InlineData("--top-k takes a whole number, not '1.5'", "generate", "rain", "--top-k", "1.5")]
    [InlineData("--threads takes 1 to 1024", "generate", "rain", "--threads", "0")]
    [InlineData("--device takes auto, cpu, cuda", "generate", "rain", "--device", "gpu;x")]
    [InlineData(".txt; supported are wav", "generate", "rain", "-o", "rain.txt")]
    [InlineData("contradict", "generate", "rain", "-o", "rain.wav", "--format", "flac")]
    [InlineData("--duration takes more than 0, at most 1000000, not '-1'", "generate", "rain", "--duration", "-1")]
    [InlineData("--temperature takes 0 to 1000", "generate", "rain", "--temperature", "-1")]
    [InlineData("--batch takes 1 to 10000", "generate", "rain", "--batch", "0")]
    [InlineData("'int3'", "generate", "rain", "--precision", "int3")]
    public void Invalid_command_lines_fail_with_one_line_and_code_2(string part, params string[] args) =>
        Assert.Contains(part, Tool.Run([.. args.Where(a => a.Length > 0)]).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);

    [Theory]
    [InlineData("generate", "")]
    [InlineData("generate", "rain", "  ")]
    [InlineData("continue", "a.wav", "")]
    public void Empty_prompts_are_rejected(params string[] args) =>
        Assert.Contains("A prompt is empty", Tool.Run(args).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);

    [Fact]
    public void Distant_sounds_stay_quieter_than_near_ones()
    {
        Tool.Run("generate", "a dog barking nearby", "a dog barking in the distance", "-d", "2", "--seed", "1", "-o", folder.Path).Succeeded();
        Assert.True(Peak("a-dog-barking-nearby.wav") > 2 * Peak("a-dog-barking-in-the-distance.wav"));

        float Peak(string file)
        {
            using var audio = AudioFile.Read(folder.File(file)).Wav;
            return AudioNormalizer.Peak(audio);
        }
    }

    [Fact]
    public void Missing_files_and_models_fail_with_one_line_and_code_1()
    {
        Assert.Contains("no file or directory", Tool.Run("generate", "rain", "--model", "./nowhere/at/all").FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        Assert.Contains("There is no bundled model, file or directory 'org/none'", Tool.Run("generate", "rain", "--model", "org/none", "--offline", "--cache", folder.Path).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Tool.Run("generate", "--file", folder.File("none.txt")).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        folder.Write("damaged/config.json", "{"u8);
        Assert.Contains("JSON", Tool.Run("generate", "rain", "--model", folder.File("damaged")).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompt_can_look_like_an_option_or_a_response_file()
    {
        var run = await Tool.RunAsync(["generate", "-d", "0.2", "-o", folder.Path, "--", "@home", "--rain"], "", CancellationToken.None);
        run.SucceededWithNotes();
        Assert.Equal(["home.wav", "rain.wav"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Cancellation_ends_with_code_130_and_leaves_no_files()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(1.5));
        var run = await Tool.RunAsync(["generate", "rain", "-d", "110", "-o", folder.File("long.wav")], "", cancellation.Token);
        Assert.Contains("Canceled", run.FailedWith(ExitCode.Canceled), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
