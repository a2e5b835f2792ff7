using System.Globalization;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli.Coding;

/// <summary>The bitrates of a codec: multiples of the bitrate of one codebook.</summary>
internal static class Bitrates
{
    private const int MaxListed = 12;

    /// <summary>The number of codebooks for a bitrate in kb/s. If it is between two bitrates of the codec, the lower one is used, with a note.</summary>
    /// <exception cref="UsageException">It is below the codec's lowest bitrate or above its highest one.</exception>
    public static int CodebooksFor(double kilobits, CompressionModel codec, ToolConsole console)
    {
        var each = Math.Log2(codec.Cardinality) * codec.FrameRate / 1000;
        // Bitrates are given with few digits: 0.86 means 0.861.
        var count = (int)Math.Min(Math.Floor((kilobits / each) + 0.01), int.MaxValue);
        if (count < 1 || kilobits > (codec.TotalCodebooks + 0.05) * each)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--bitrate takes {List(each, codec.TotalCodebooks)} for this codec, not {kilobits}."));
        }

        count = Math.Min(count, codec.TotalCodebooks);
        if (Math.Abs(kilobits - (count * each)) > 0.05 * each)
        {
            console.Note(string.Create(CultureInfo.InvariantCulture, $"Using {Text(count * each)} kb/s: this codec has {List(each, codec.TotalCodebooks)}, not {kilobits}."));
        }

        return count;
    }

    private static string List(double each, int count) => count <= MaxListed
        ? $"{string.Join(", ", Enumerable.Range(1, count).Select(n => Text(n * each)))} kb/s"
        : $"{Text(each)} to {Text(count * each)} kb/s in steps of {Text(each)}";

    private static string Text(double kilobits) => kilobits.ToString("0.###", CultureInfo.InvariantCulture);
}
