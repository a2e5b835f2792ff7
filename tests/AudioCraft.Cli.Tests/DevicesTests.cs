using AudioCraft.Cli.Devices;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Cli.Tests;

public sealed class DevicesTests
{
    private static readonly Machine Plain = new("Linux, x64", ".NET 10", 8, "AVX2", 16L << 30, null, null, true, new Version(3, 4, 33));
    private static readonly Libtorch Fine = new(true, null, "0.106.0", "2.10.0", null, 8, false, 0, false);

    [Fact]
    public void Report_covers_machine_and_libtorch()
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
    public async Task Libtorch_that_cannot_be_loaded_is_diagnosed()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }

        using var devices = Tool.Start(null, ["devices"], folder.File("audiocraft.dll"));
        var run = await Tool.EndAsync(devices);
        Assert.Equal(ExitCode.Failure, run.Code);
        Assert.Empty(run.Error);
        var lines = run.Out.Split('\n');
        Assert.Contains("libtorch cannot be loaded: libLibTorchSharp.so is missing in", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("-> ", lines[1], StringComparison.Ordinal);
        Assert.InRange(lines.Length, 8, 16);
        Assert.DoesNotContain("   at ", run.Out, StringComparison.Ordinal);

        var model = Path.GetDirectoryName(Tool.Run("inspect", "audiogen-tiny", "--json").Json.GetProperty("path").GetString() + "/")!;
        using var generate = Tool.Start(null, ["generate", "rain", "--model", model, "-o", folder.File("sounds/")], folder.File("audiocraft.dll"));
        var error = (await Tool.EndAsync(generate)).FailedWith(ExitCode.Failure);
        Assert.Contains("libLibTorchSharp.so is missing in", error, StringComparison.Ordinal);
        Assert.Contains("`audiocraft devices` shows", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("sounds")));
    }

    [Fact]
    public void Report_without_problems_has_no_advice() => Assert.Empty(Advice.For(Plain, Fine));

    [Fact]
    public void Unused_GPU_is_reported()
    {
        var machine = Plain with { GpuDriver = "driver 580" };
        Assert.Contains("TorchSharp-cuda-linux", Assert.Single(Advice.For(machine, Fine)), StringComparison.Ordinal);
        Assert.Contains("CUDA 12.8", Assert.Single(Advice.For(machine, Fine with { BuiltForCuda = true })), StringComparison.Ordinal);
        Assert.Empty(Advice.For(machine, Fine with { BuiltForCuda = true, HasCuda = true, Gpus = 1 }));
    }

    [Theory]
    [InlineData("Unable to load shared library 'LibTorchSharp'", "The application must include libtorch")]
    [InlineData("undefined symbol: _ZN5torch", "not the version that TorchSharp 0.106.0 was built for")]
    [InlineData("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by libLibTorchSharp.so)", "older than this libtorch needs")]
    [InlineData("Unable to find an entry point named 'THSTensor_x'", "not the version that TorchSharp 0.106.0 was built for")]
    [InlineData("/app/libc10.so: file too short", "The installation is damaged or incomplete")]
    [InlineData("libtorch_cpu.so: cannot open shared object file: No such file or directory", "The installation is damaged or incomplete")]
    public void Causes_of_a_load_failure_are_distinguished(string problem, string advice) =>
        Assert.Contains(advice, Advice.For(Plain, Fine with { Loads = false, Problem = problem }).First(), StringComparison.Ordinal);

    [Fact]
    public void Load_error_keeps_the_dynamic_loaders_message_for_any_path_length()
    {
        var path = "/" + new string('p', 200) + "/libLibTorchSharp.so";
        var message = $"Unable to load shared library '{path}' or one of its dependencies. In order to help diagnose loading problems, consider using a tool like strace. "
            + $"If you're using glibc, consider setting the LD_DEBUG environment variable: \n/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by {path})";
        Assert.Equal($"/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by {path})", LibtorchError.OneLine(message));
    }

    [Fact]
    public void Truncated_native_library_is_recognized_without_loading_it()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(NativeFiles.TorchSharp()!);
        Assert.Null(NativeFiles.DamageOf(folder.Write("whole.so", whole)));
        foreach (var length in new[] { 0, 63, 64, 1_000_000, whole.Length - 1 })
        {
            Assert.NotNull(NativeFiles.DamageOf(folder.Write("cut.so", whole.AsSpan(0, length))));
        }

        Assert.Contains("is not a library for 64-bit Linux", NativeFiles.DamageOf(folder.Write("text.so", new byte[100])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.4.33", true, "recent enough for TorchSharp")]
    [InlineData("3.4.30", true, "this application's libLibTorchSharp.so accepts it")]
    [InlineData("3.4.30", false, "older than TorchSharp expects (GLIBCXX_3.4.32)")]
    public void Version_of_the_cpp_library_is_reported(string newest, bool loads, string expected) =>
        Assert.EndsWith(expected, Assert.Single(OlderLinux.Lines(Plain with { CppLibrary = Version.Parse(newest) }, Fine with { Loads = loads })), StringComparison.Ordinal);

    [Fact]
    public void Cpp_library_is_not_mentioned_outside_Linux() => Assert.Empty(OlderLinux.Lines(Plain with { CppLibrary = null }, Fine));

    [Fact]
    public void Loader_errors_are_recognized_in_all_forms()
    {
        Assert.NotNull(LibtorchError.Explain(new TypeInitializationException("TorchSharp.torch", new DllNotFoundException("LibTorchSharp"))));
        Assert.NotNull(LibtorchError.Explain(new NotSupportedException("This application or script uses TorchSharp but doesn't contain a reference to libtorch-cpu-2.10.0.\nMore")));
        Assert.NotNull(LibtorchError.Explain(new FileNotFoundException("Could not load file or assembly 'TorchSharp'")));
        Assert.Null(LibtorchError.Explain(new FileNotFoundException("Could not find file '/models/pytorch_model.bin'.")));
        Assert.Null(LibtorchError.Explain(new NotSupportedException("The stream cannot seek.")));
        Assert.Null(LibtorchError.Explain(new ArgumentException("x")));
        Assert.Null(LibtorchError.Explain(new TypeInitializationException("SkiaSharp.SKObject", new DllNotFoundException("libSkiaSharp"))));
    }
}
