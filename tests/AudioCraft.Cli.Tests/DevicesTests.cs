using AudioCraft.Cli.Devices;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Cli.Tests;

public sealed class DevicesTests
{
    private static readonly Machine Plain = new("Linux, x64", ".NET 10", 8, "AVX2", 16L << 30, null, null, true, null);
    private static readonly Libtorch Fine = new(true, null, "0.106.0", "2.10.0", null, 8, false, 0, false);

    [Fact]
    public void It_says_what_there_is_to_compute_with()
    {
        var json = Tool.Run("devices", "--json").Succeeded().Json;
        Assert.True(json.GetProperty("libtorch").GetProperty("loads").GetBoolean());
        Assert.Equal(Environment.ProcessorCount, json.GetProperty("machine").GetProperty("cores").GetInt32());
        var text = Tool.Run("devices").Succeeded().Out;
        foreach (var title in new[] { "system", ".NET", "processors", "memory", "libsndfile", "TorchSharp", "libtorch", "CUDA", "threads" })
        {
            Assert.Contains($"\n{title}", "\n" + text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_libtorch_that_cannot_be_loaded_is_diagnosed_in_plain_words()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory).Where(file => !Path.GetFileName(file).Contains("torch_system_shim", StringComparison.Ordinal) && !Path.GetFileName(file).Contains("LibTorchSharp", StringComparison.Ordinal)))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }

        using var devices = Tool.Start(null, ["devices"], folder.File("audiocraft.dll"));
        var run = await Tool.EndAsync(devices);
        Assert.Equal(ExitCode.Failure, run.Code);
        Assert.Empty(run.Error);
        Assert.Contains("libtorch     cannot be loaded", run.Out, StringComparison.Ordinal);
        Assert.Contains("-> ", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Out, StringComparison.Ordinal);

        var model = Path.GetDirectoryName(Tool.Run("inspect", "audiogen-tiny", "--json").Json.GetProperty("path").GetString() + "/")!;
        using var generate = Tool.Start(null, ["generate", "rain", "--model", model, "-o", folder.File("sounds/")], folder.File("audiocraft.dll"));
        Assert.Contains("`audiocraft devices` says", (await Tool.EndAsync(generate)).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("sounds")));
    }

    [Fact]
    public void Where_all_is_well_there_is_no_advice() => Assert.Empty(Advice.For(Plain with { WaitPolicy = "PASSIVE" }, Fine));

    [Fact]
    public void A_GPU_that_is_not_used_is_noticed()
    {
        var machine = Plain with { GpuDriver = "driver 580", WaitPolicy = "PASSIVE" };
        Assert.Contains("TorchSharp-cuda-linux", Assert.Single(Advice.For(machine, Fine)), StringComparison.Ordinal);
        Assert.Contains("CUDA 12.8", Assert.Single(Advice.For(machine, Fine with { BuiltForCuda = true })), StringComparison.Ordinal);
        Assert.Empty(Advice.For(machine, Fine with { BuiltForCuda = true, HasCuda = true, Gpus = 1 }));
    }

    [Theory]
    [InlineData("Unable to load shared library 'LibTorchSharp'", "The application has to bring libtorch")]
    [InlineData("undefined symbol: _ZN5torch", "not the one that TorchSharp 0.106.0 was built for")]
    [InlineData("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by libLibTorchSharp.so)", "older than this libtorch needs")]
    [InlineData("Unable to find an entry point named 'THSTensor_x'", "not the one that TorchSharp 0.106.0 was built for")]
    public void What_keeps_libtorch_from_loading_is_told_apart(string problem, string advice) =>
        Assert.Contains(advice, Advice.For(Plain, Fine with { Loads = false, Problem = problem }).First(), StringComparison.Ordinal);

    [Fact]
    public void Errors_of_the_loader_are_known_in_all_their_forms()
    {
        Assert.NotNull(LibtorchError.Explain(new TypeInitializationException("TorchSharp.torch", new DllNotFoundException("LibTorchSharp"))));
        Assert.NotNull(LibtorchError.Explain(new NotSupportedException("This application or script uses TorchSharp but doesn't contain a reference to libtorch-cpu-2.10.0.\nMore")));
        Assert.NotNull(LibtorchError.Explain(new FileNotFoundException("Could not load file or assembly 'TorchSharp'")));
        Assert.Null(LibtorchError.Explain(new NotSupportedException("The stream cannot seek.")));
        Assert.Null(LibtorchError.Explain(new ArgumentException("x")));
        Assert.Null(LibtorchError.Explain(new TypeInitializationException("SkiaSharp.SKObject", new DllNotFoundException("libSkiaSharp"))));
    }
}
