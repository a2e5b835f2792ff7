using System.Globalization;
using System.Runtime.CompilerServices;
using AudioCraft;
using AudioCraft.Benchmarks;

// AudioCraft sets OMP_WAIT_POLICY when it is first used, which must be before libtorch is loaded.
RuntimeHelpers.RunModuleConstructor(typeof(AudioCraft.AudioGen).Module.ModuleHandle);

string[] known = ["--table", "--quick", "--rows", "--threads", "--repeats", "--no-peer", "--cpu-time", "--list", "--packets", "--long", "--growth", "--decode", "--quality"];
var options = new Dictionary<string, string>();
string? wrong = null;
for (var i = 0; i < args.Length; i++)
{
    // --threads=1 and --threads 1 are the same.
    var parts = args[i].Split('=', 2);
    var takesNext = parts.Length == 1 && i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
    wrong ??= known.Contains(parts[0]) ? null : args[i];
    options[parts[0]] = parts.Length == 2 ? parts[1] : takesNext ? args[++i] : "";
}

Row[] all = [.. CodecRows.All, .. DacRows.All, .. LMRows.All, .. StreamingRows.All];
var chosen = options.TryGetValue("--rows", out var names)
    ? [.. all.Where(r => names.Split(',').Any(n => r.Name.Contains(n, StringComparison.Ordinal)))]
    : all;
if (wrong is not null || chosen.Length == 0)
{
    Console.Error.WriteLine($"Invalid arguments: {wrong ?? $"no row has the name {names}"}");
    Console.Error.WriteLine("AudioCraft.Benchmarks [--table | --quick] [--rows part,of,names] [--threads 2] [--repeats 5] [--no-peer] [--cpu-time] [--list] | --packets | --long minutes | --growth | --decode parts,of,lines | --quality checkpoint");
    return 1;
}

if (options.ContainsKey("--list"))
{
    Console.WriteLine(string.Join(Environment.NewLine, chosen.Select(r => r.Name)));
    return 0;
}

int Option(string name, int otherwise) => options.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
var threads = Option("--threads", 2);
if (options.ContainsKey("--packets"))
{
    StreamingRows.PrintPackets(threads, options.ContainsKey("--cpu-time"));
    return 0;
}

if (options.TryGetValue("--long", out var minutes))
{
    StreamingRows.PrintLong(double.Parse(minutes, CultureInfo.InvariantCulture), threads);
    return 0;
}

var idle = Load.Describe();
Console.WriteLine($"{Machine.Describe()}; {idle}.");
Console.WriteLine();
var load = new Load();
var quick = options.ContainsKey("--quick");
var harness = new Harness(Option("--repeats", quick ? 1 : 5), !options.ContainsKey("--no-peer") && Peer.IsInstalled(), options.ContainsKey("--cpu-time"), quick);
if (options.TryGetValue("--decode", out var lines))
{
    DecodeTable.Print(threads, Option("--repeats", 5), lines.Split(',', StringSplitOptions.RemoveEmptyEntries));
}
else if (options.TryGetValue("--quality", out var checkpoint))
{
    QualityTable.Print(checkpoint.Length == 0 ? "audiogen-tiny" : checkpoint, threads);
}
else if (options.ContainsKey("--growth"))
{
    SequenceGrowth.Print(threads);
}
else if (options.ContainsKey("--table"))
{
    PrintTables();
}
else
{
    harness.Print(chosen, threads);
}

LMRows.Release();
Console.WriteLine();
Console.WriteLine(load.Summary());
return 0;

void PrintTables()
{
    Row[] codecs = [.. CodecRows.All, .. DacRows.All];
    Console.WriteLine("### Codecs, two threads\n");
    harness.Print(codecs, 2);
    Console.WriteLine("\n### Codecs, one thread\n");
    harness.Print(codecs, 1);
    Console.WriteLine("\n### Language models, two threads\n");
    harness.Print(LMRows.All, 2);
    Console.WriteLine("\n### Language models, one thread\n");
    harness.Print(LMRows.All.Where(row => row.Name.EndsWith("-steps", StringComparison.Ordinal)), 1);
}
