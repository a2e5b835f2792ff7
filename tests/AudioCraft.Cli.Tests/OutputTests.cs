using System.Text.Json;
using AudioCraft.Cli.Output;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;

namespace AudioCraft.Cli.Tests;

/// <summary>Names are claimed when files are written, and what cannot be written is found before the computation.</summary>
public sealed class OutputTests : IDisposable
{
    private static readonly AudioWriteOptions Unchanged = new() { Normalization = AudioNormalization.None };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Concurrent_writers_never_replace_each_others_files(bool withPictures)
    {
        const int writers = 8, files = 6;
        var place = folder.File("sounds/");
        var written = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() =>
        {
            // Each run chose its names before any file existed, and writes its own value.
            var paths = new OutputPaths(place, null, [.. Enumerable.Repeat("rain", files)], Existing.Keep);
            using var wav = torch.full([1, 1600], (writer + 1) / 100.0, torch.ScalarType.Float32);
            return paths.Files.Select(file => new AudioWriter(Unchanged, withPictures, () => Stream.Null).Write(file, wav, 16000, "rain")).ToList();
        })));
        Assert.Equal(writers * files, written.SelectMany(run => run).Select(file => file.Path).Distinct().Count());
        for (var writer = 0; writer < writers; writer++)
        {
            foreach (var file in written[writer])
            {
                using var wav = AudioFile.Read(file.Path).Wav;
                Assert.Equal((writer + 1) / 100.0, wav.max().item<float>(), 3);
                Assert.Equal(withPictures ? Path.ChangeExtension(file.Path, ".png") : null, file.Picture);
                Assert.True(file.Picture is null || File.Exists(file.Picture));
            }
        }

        Assert.Equal(writers * files * (withPictures ? 2 : 1), Directory.GetFileSystemEntries(place).Length);
    }

    [Fact]
    public async Task Two_processes_with_keep_write_different_files()
    {
        string[] args = ["generate", "rain", "rain", "rain", "-d", "0.2", "--batch", "1", "-o", folder.Path, "--json"];
        var runs = await Task.WhenAll(Tool.ProcessAsync(null, args), Tool.ProcessAsync(null, args));
        var paths = runs.SelectMany(run => run.Succeeded().Json.GetProperty("sounds").EnumerateArray().Select(sound => sound.GetProperty("path").GetString()!)).ToList();
        Assert.Equal(6, paths.Distinct().Count());
        Assert.Equal(paths.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Keep_also_keeps_a_spectrogram_and_a_directory_of_the_name()
    {
        folder.Write("rain.png", "mine"u8);
        Directory.CreateDirectory(folder.File("rain-2.wav"));
        var json = Tool.Run("generate", "rain", "-d", "0.2", "-o", folder.Path, "--png", "--json").Succeeded().Json;
        Assert.Equal(folder.File("rain-3.wav"), json.GetProperty("sounds")[0].GetProperty("path").GetString());
        Assert.Equal("mine", File.ReadAllText(folder.File("rain.png")));
    }

    [Fact]
    public void Named_file_is_replaced_unless_keep_is_requested()
    {
        var path = folder.Write("x.wav", "mine"u8);
        Tool.Run("generate", "rain", "-d", "0.2", "-o", path, "--existing", "keep").Succeeded();
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.True(File.Exists(folder.File("x-2.wav")));
        Assert.Contains("exists, skipped", Tool.Run("generate", "rain", "-d", "0.2", "-o", path, "--existing", "skip").Succeeded().Out, StringComparison.Ordinal);
        Tool.Run("generate", "rain", "-d", "0.2", "-o", path).Succeeded();
        Assert.Equal(3200, AudioFile.Info(path).Frames);
    }

    [Fact]
    public void File_that_appears_during_the_work_is_kept_by_skip()
    {
        var paths = new OutputPaths(folder.Path, null, ["rain"], Existing.Skip);
        Assert.False(paths.Files[0].IsDone);
        folder.Write("rain.wav", "mine"u8);
        using var wav = torch.zeros(1, 1600);
        Assert.True(new AudioWriter(Unchanged, picture: false, () => Stream.Null).Write(paths.Files[0], wav, 16000, "rain").Skipped);
        Assert.Equal("mine", File.ReadAllText(folder.File("rain.wav")));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Old_temporary_files_are_removed()
    {
        var old = folder.Write(".audiocraft-0123456789abcdef0123456789abcdef.tmp", "cut"u8);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        var recent = folder.Write(".audiocraft-1123456789abcdef0123456789abcdef.tmp", "in use"u8);
        using var wav = torch.zeros(1, 1600);
        new AudioWriter(Unchanged, picture: false, () => Stream.Null).Write(new OutputPaths(folder.Path, null, ["rain"]).Files[0], wav, 16000, "rain");
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(recent));
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("continue")]
    [InlineData("decode")]
    [InlineData("encode")]
    [InlineData("convert")]
    public void Unwritable_places_are_found_before_a_model_is_loaded(string command)
    {
        // The model does not exist: an error about the output shows that it was checked first.
        var input = folder.Write("input.wav", "RIFF"u8);
        string[] start = command switch { "generate" => [command, "rain", "--model", "./no/model"], "convert" => [command, "./no/model"], _ => [command, input, "--model", "./no/model"] };
        var extension = command == "encode" ? ".ecdc" : ".wav";
        Directory.CreateDirectory(folder.File("directory" + extension));
        string[] places = ["/proc/nosuch/x" + extension, Path.Combine(input, "x" + extension), folder.File(new string('n', 300) + extension)];
        foreach (var place in places)
        {
            string[] args = command == "convert" ? [.. start, place] : [.. start, "-o", place];
            var error = Tool.Run(args).FailedWith(ExitCode.Failure);
            Assert.Contains("cannot be written", error, StringComparison.Ordinal);
        }

        if (command == "encode")
        {
            Assert.Contains("it is a directory", Tool.Run([.. start, "-o", folder.File("directory" + extension)]).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        }

        if (command is "generate" or "continue" or "decode")
        {
            // A name of the directory is taken.
            Directory.CreateDirectory(folder.File(command == "decode" ? "input.wav.d/input.wav" : "taken/rain.wav"));
            string[] args = command == "generate" ? [.. start, "-o", folder.File("taken/"), "--existing", "replace"] : [.. start, "-o", folder.File("new/deep/x.wav"), "-f", "flac"];
            Tool.Run(args).FailedWith(command == "generate" ? ExitCode.Failure : ExitCode.Misuse);
        }

        Assert.False(Directory.Exists(folder.File("new")));
        Assert.DoesNotContain(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), path => path.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Standard_output_receives_a_wav_file_and_nothing_else()
    {
        using var binary = new MemoryStream();
        var run = await Tool.RunAsync(["generate", "rain", "-d", "0.2", "-s", "5", "-o", "-"], "", CancellationToken.None, binary);
        Assert.Empty(run.SucceededWithNotes().Out);
        Assert.Contains("stdout  0.20 s, 16000 Hz, seed 5", run.Error, StringComparison.Ordinal);
        Tool.Run("generate", "rain", "-d", "0.2", "-s", "5", "-o", folder.File("x.wav")).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.File("x.wav")), binary.ToArray());
        Assert.Contains("one result", Tool.Run("generate", "rain", "wind", "-o", "-").FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.Contains("--png", Tool.Run("generate", "rain", "-o", "-", "--png").FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.Contains("both write to stdout", JsonDocument.Parse(Tool.Run("generate", "rain", "-o", "-", "--json").Error).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_output_of_a_process_is_audio()
    {
        using var process = Tool.Start(null, ["generate", "rain", "-d", "0.2", "-s", "5", "-o", "-", "-f", "flac"]);
        using var binary = new MemoryStream();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.BaseStream.CopyToAsync(binary);
        await process.WaitForExitAsync();
        Assert.Equal(ExitCode.Success, process.ExitCode);
        Assert.Equal("fLaC"u8.ToArray(), binary.ToArray()[..4]);
        Assert.Contains("seed 5", await error, StringComparison.Ordinal);
    }
}
