using System.Globalization;
using AudioCraft.Benchmarks;

var options = args.Where(a => a.StartsWith("--", StringComparison.Ordinal)).ToDictionary(a => a.Split('=')[0], a => a.Contains('=', StringComparison.Ordinal) ? a.Split('=', 2)[1] : "");
var unknown = options.Keys.Except(["--rows", "--threads", "--repeats", "--no-peer", "--cpu-time", "--list", "--packets", "--long", "--growth", "--decode", "--quality"]).Concat(args.Where(a => !a.StartsWith("--", StringComparison.Ordinal))).ToList();
Row[] all = [.. CodecRows.All, .. StreamingRows.All, .. DacRows.All, .. LMRows.All];
var chosen = options.TryGetValue("--rows", out var names)
    ? [.. all.Where(r => names.Split(',').Any(n => r.Name.Contains(n, StringComparison.Ordinal)))]
    : all;
if (unknown.Count > 0 || chosen.Length == 0)
{
    Console.Error.WriteLine($"Not understood: {string.Join(" ", unknown.DefaultIfEmpty($"no row is named {names}"))}");
    Console.Error.WriteLine("AudioCraft.Benchmarks [--rows=part,of,names] [--threads=2] [--repeats=5] [--no-peer] [--cpu-time] [--list] | --packets | --long=minutes | --growth | --decode[=parts,of,lines] | --quality=checkpoint");
    return 1;
}

if (options.ContainsKey("--list"))
{
    Console.WriteLine(string.Join(Environment.NewLine, chosen.Select(r => r.Name)));
    return 0;
}

int Option(string name, int otherwise) => options.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
if (options.ContainsKey("--packets"))
{
    StreamingRows.PrintPackets(Option("--threads", 2), options.ContainsKey("--cpu-time"));
    return 0;
}

if (options.TryGetValue("--long", out var minutes))
{
    StreamingRows.PrintLong(double.Parse(minutes, CultureInfo.InvariantCulture), Option("--threads", 2));
    return 0;
}

var harness = new Harness(Option("--threads", 2), Option("--repeats", 5), !options.ContainsKey("--no-peer") && Peer.IsInstalled(), options.ContainsKey("--cpu-time"));
Console.WriteLine($"{Machine.Describe()}");
Console.WriteLine();
if (options.TryGetValue("--decode", out var lines))
{
    DecodeTable.Print(Option("--threads", 2), Option("--repeats", 5), lines.Split(',', StringSplitOptions.RemoveEmptyEntries));
    return 0;
}

if (options.TryGetValue("--quality", out var checkpoint))
{
    QualityTable.Print(checkpoint.Length == 0 ? "audiogen-tiny" : checkpoint, Option("--threads", 2));
    return 0;
}

if (options.ContainsKey("--growth"))
{
    SequenceGrowth.Print(Option("--threads", 2));
    return 0;
}

harness.Print(chosen);
return 0;
