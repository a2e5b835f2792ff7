using AudioCraft.Benchmarks;
using AudioCraft.GpuCheck;
using TorchSharp;
using static TorchSharp.torch;

// AudioCraft.GpuCheck --device cuda|cpu --report FILE [--transformers FOLDER] [--quick]: called by eng/gpu-check.sh.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
var (wanted, path) = (Option("--device") ?? "cuda", Option("--report") ?? "gpu-check.md");
if (wanted is not ("cuda" or "cpu"))
{
    Console.Error.WriteLine($"--device must be cuda or cpu, not {wanted}.");
    return 2;
}

if (wanted == "cuda" && !cuda.is_available())
{
    Console.Error.WriteLine($"libtorch {__version__} finds no usable GPU.");
    return 3;
}

var device = wanted == "cuda" ? CUDA : CPU;
var report = new Report();
report.Line($"# AudioCraft on {device}");
report.Line();
report.Line(Machine.Describe());
new GoldenChecks(device, report).Run();
if (Option("--transformers") is { } cases)
{
    new TransformersChecks(cases, device, report).Run();
}

new Speed(device, args.Contains("--quick"), report).Run();
report.Line();
report.Line($"{report.Passed} checks passed, {report.Failed} failed.");
report.Write(path);
return report.Failed == 0 ? 0 : 1;
