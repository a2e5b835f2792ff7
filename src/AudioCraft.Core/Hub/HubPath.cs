using AudioCraft.Formats;

namespace AudioCraft.Hub;

/// <summary>Checks names from servers and users before they become paths in the cache.</summary>
internal static class HubPath
{
    private const int MaximumName = 128, MaximumPath = 512, CommitLength = 40, LongestShown = 80;

    /// <summary>Whether the text is a commit's full hash.</summary>
    public static bool IsCommit(string? text) => text is { Length: CommitLength } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A commit's hash from the server.</summary>
    /// <exception cref="HubException">The text is not a commit hash.</exception>
    public static string Commit(string? text) => IsCommit(text)
        ? text!
        : throw new HubException(HubError.InvalidResponse, $"The server sent '{Shown(text)}' instead of the hash of a commit. Check the endpoint, or try again later.");

    /// <summary>A file's hash from the server's ETag; it names the blob.</summary>
    /// <exception cref="HubException">The text cannot be a file name.</exception>
    public static string ETag(string? text)
    {
        var tag = text?.Trim() ?? "";
        tag = (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag).Trim('"');
        return tag.Length is > 0 and <= MaximumName && tag[0] != '.' && tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? tag
            : throw new HubException(HubError.InvalidResponse, $"The server sent '{Shown(text)}' as the hash of a file. Check the endpoint, or try again later.");
    }

    /// <summary>Whether a file of a repository, or the name of a branch, stays inside its directory on every system.</summary>
    public static bool IsInside(string? path) =>
        path is { Length: > 0 and <= MaximumPath } && path.Split('/').All(part =>
            part.Length is > 0 and <= MaximumName && part[0] != ' ' && part[^1] is not ('.' or ' ') && part is not (".." or ".")
            && part == PrintableText.Of(part, MaximumName) && part.All(c => !"\\:*?\"<>|".Contains(c, StringComparison.Ordinal)) && !IsDevice(part));

    /// <summary>A path for use in an address: each part is escaped.</summary>
    public static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static bool IsDevice(string part)
    {
        var stem = part.Split('.')[0].ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" || (stem.Length == 4 && stem[..3] is "COM" or "LPT" && char.IsAsciiDigit(stem[3]));
    }

    private static string Shown(string? text) => PrintableText.Of(text ?? "", LongestShown);
}
