using System.Globalization;

namespace AudioCraft.Cli.Display;

/// <summary>Counts in words.</summary>
internal static class Plural
{
    /// <summary>Such as <c>1 file</c> or <c>2 files</c>.</summary>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
