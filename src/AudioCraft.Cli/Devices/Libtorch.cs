using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace AudioCraft.Cli.Devices;

/// <summary>The libtorch of this process.</summary>
/// <param name="Loads">Whether it loads and computes correctly.</param>
/// <param name="Problem">The loader's error if it does not.</param>
/// <param name="TorchSharp">TorchSharp's version; null if TorchSharp itself is missing.</param>
/// <param name="Version">libtorch's version.</param>
/// <param name="Path">Where it was loaded from, where the system reports it.</param>
/// <param name="Threads">CPU threads of one operation.</param>
/// <param name="HasCuda">Whether it finds a GPU that it can use.</param>
/// <param name="Gpus">The number of GPUs.</param>
/// <param name="BuiltForCuda">Whether it includes CUDA.</param>
internal sealed record Libtorch(
    bool Loads, string? Problem, string? TorchSharp, string? Version, string? Path, int? Threads, bool HasCuda, int Gpus, bool BuiltForCuda)
{
    /// <summary>Loads libtorch and computes with it. Does not throw if that fails.</summary>
    public static Libtorch Probe()
    {
        string? package = null;
        try
        {
            package = Package();
            return NativeFiles.Damage() is { } damage ? new Libtorch(false, damage, package, null, null, null, false, 0, false) : Loaded(package);
        }
        // Any failure of the first computation is what this command reports.
        catch (Exception error)
        {
            var problem = LibtorchError.Cause() ?? LibtorchError.Reason(error) ?? $"{error.GetType().Name}: {LibtorchError.OneLine(error.Message)}";
            return new Libtorch(false, problem, package, null, null, null, false, 0, false);
        }
    }

    // Not inlined: without TorchSharp.dll, calling a method that uses its types fails.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static string? Package() => typeof(torch).Assembly.GetName().Version?.ToString(3);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static Libtorch Loaded(string? package)
    {
        using (Scalar one = 1)
        using (var ones = torch.ones(2))
        using (var twos = ones.add(one, one))
        using (var sum = twos.sum())
        {
            if (sum.ToSingle() != 4)
            {
                return new Libtorch(false, "libtorch loads but computes 1+1 incorrectly.", package, null, null, null, false, 0, false);
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

    /// <summary>The lines of the report.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"TorchSharp   {TorchSharp ?? "not found"}";
        yield return Loads ? $"libtorch     {Version}{(Path is null ? "" : $", {Path}")}" : "libtorch     cannot be loaded";
        if (Loads)
        {
            yield return HasCuda
                ? string.Create(CultureInfo.InvariantCulture, $"CUDA         {Gpus} {(Gpus == 1 ? "GPU" : "GPUs")}")
                : BuiltForCuda ? "CUDA         included in this libtorch, but no usable GPU was found" : "CUDA         not included: this libtorch is for CPUs only";
            yield return string.Create(CultureInfo.InvariantCulture, $"threads      {Threads} per operation");
        }
    }
}
