using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace AudioCraft.Cli.Devices;

/// <summary>What is known of the libtorch of this process. Nothing here fails where there is none.</summary>
/// <param name="Loads">Whether it could be loaded and computes.</param>
/// <param name="Problem">What the loader said, where not.</param>
/// <param name="TorchSharp">TorchSharp's version; null where it is the stand-in over the machine's libtorch.</param>
/// <param name="Version">The libtorch's version.</param>
/// <param name="Path">Where it was loaded from, where the system tells.</param>
/// <param name="Threads">Threads of an operation on the CPU.</param>
/// <param name="HasCuda">Whether it finds a GPU that it can use.</param>
/// <param name="Gpus">How many.</param>
/// <param name="BuiltForCuda">Whether it has a part for CUDA at all.</param>
internal sealed record Libtorch(
    bool Loads, string? Problem, string? TorchSharp, string? Version, string? Path, int? Threads, bool HasCuda, int Gpus, bool BuiltForCuda)
{
    /// <summary>Tries it.</summary>
    public static Libtorch Probe()
    {
        string? package = null;
        try
        {
            package = Package();
            return Loaded(package);
        }
        // Whatever it is that goes wrong with adding two numbers, it is what this command is asked for.
        catch (Exception error)
        {
            return new Libtorch(false, LibtorchError.Reason(error) ?? $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}", package, null, null, null, false, 0, false);
        }
    }

    // Not to be inlined: where TorchSharp itself lacks, calling a method that names it is what fails.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static string? Package()
    {
        var assembly = typeof(torch).Assembly;
        return assembly.GetType("TorchSharp.Interop.Operator") is null ? assembly.GetName().Version?.ToString(3) : null;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static Libtorch Loaded(string? package)
    {
        using (var two = torch.ones(2) + 1)
        {
            if (two.sum().ToSingle() != 4)
            {
                return new Libtorch(false, "It is there, and adds wrongly.", package, null, null, null, false, 0, false);
            }
        }

        var files = Files();
        var cuda = torch.cuda.is_available();
        return new Libtorch(
            true, null, package, torch.__version__, files.FirstOrDefault(file => Name(file).Contains("torch_cpu", StringComparison.Ordinal)),
            torch.get_num_threads(), cuda, cuda ? torch.cuda.device_count() : 0, files.Any(file => Name(file).Contains("torch_cuda", StringComparison.Ordinal)));
    }

    private static string Name(string path) => System.IO.Path.GetFileName(path);

    /// <summary>The native libraries of this process.</summary>
    private static List<string> Files()
    {
        using var process = Process.GetCurrentProcess();
        return [.. process.Modules.Cast<ProcessModule>().Select(module => module.FileName)];
    }

    /// <summary>The lines that people read.</summary>
    public IEnumerable<string> Lines()
    {
        yield return TorchSharp is null ? "TorchSharp   the stand-in over this machine's libtorch (TorchSharp-system)" : $"TorchSharp   {TorchSharp}";
        yield return Loads ? $"libtorch     {Version}{(Path is null ? "" : $", {Path}")}" : "libtorch     cannot be loaded";
        if (!Loads)
        {
            yield return $"  {Problem}";
        }
        else
        {
            yield return HasCuda
                ? string.Create(CultureInfo.InvariantCulture, $"CUDA         {Gpus} GPU(s) to compute on")
                : BuiltForCuda ? "CUDA         this libtorch is built for it, and finds no GPU that it can use" : "CUDA         this libtorch is for CPUs alone";
            yield return string.Create(CultureInfo.InvariantCulture, $"threads      {Threads} an operation");
        }
    }
}
