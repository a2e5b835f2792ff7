using System.Globalization;
using AudioCraft.Fuzz;

// fuzz [--target NAME] [--minutes N] [--seed N]   mutates inputs until the time is over; saves those that fail in artifacts/fuzz
// fuzz replay NAME FILE…                          runs a target on files
// fuzz soak [--calls N]                           mixed calls; prints live tensors and resident memory
string Option(string name, string value) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : value;
int Number(string name, string value) => int.Parse(Option(name, value), CultureInfo.InvariantCulture);

if (args is ["soak", ..])
{
    Soak.Run(Number("--calls", "2000"), Console.WriteLine);
    return 0;
}

if (args is ["replay", var replayed, .. var files])
{
    using var all = new FuzzTargets();
    var run = new FuzzRun(all[replayed], seed: 0);
    var reasons = files.Select(file => (File: file, Reason: run.Try(File.ReadAllBytes(file)))).ToList();
    reasons.ForEach(result => Console.WriteLine($"{result.File}: {result.Reason ?? "passed"}"));
    return reasons.TrueForAll(result => result.Reason is null) ? 0 : 1;
}

using var targets = new FuzzTargets();
var chosen = Option("--target", "") is { Length: > 0 } name ? [targets[name]] : targets.All;
var share = TimeSpan.FromMinutes(double.Parse(Option("--minutes", "10"), CultureInfo.InvariantCulture)) / chosen.Count;
var seed = Number("--seed", Environment.TickCount.ToString(CultureInfo.InvariantCulture));
Console.WriteLine($"seed {seed}; {share.TotalSeconds:0} s for each of {string.Join(", ", chosen.Select(target => target.Name))}");
var failed = 0;
foreach (var target in chosen)
{
    var end = DateTime.UtcNow + share;
    var result = new FuzzRun(target, seed).Run(_ => DateTime.UtcNow < end);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}: {result.Inputs} inputs, {result.Accepted} accepted, slowest {result.Slowest.TotalSeconds:0.00} s, largest allocation {result.LargestAllocation >> 20} MB, {result.Failures.Count} failures, resident {Environment.WorkingSet >> 20} MB"));
    foreach (var failure in result.Failures)
    {
        Directory.CreateDirectory("artifacts/fuzz");
        File.WriteAllBytes(Path.Combine("artifacts/fuzz", failure.FileName), failure.Input);
        Console.WriteLine($"artifacts/fuzz/{failure.FileName}: {failure.Reason}");
    }

    failed += result.Failures.Count;
}

return failed == 0 ? 0 : 1;
