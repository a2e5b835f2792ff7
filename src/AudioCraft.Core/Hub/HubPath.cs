namespace AudioCraft.Hub;

/// <summary>Names that come from outside and become paths in the cache: each is checked here first.</summary>
internal static class HubPath
{
    private const int MaximumName = 128, MaximumPath = 512, CommitLength = 40;

    /// <summary>Whether the text is a commit's full hash.</summary>
    public static bool IsCommit(string? text) => text is { Length: CommitLength } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A commit's hash as the server gave it.</summary>
    /// <exception cref="HubException">It is something else.</exception>
    public static string Commit(string? text) => IsCommit(text)
        ? text!
        : throw new HubException(HubError.InvalidAnswer, $"The server names '{Shown(text)}' where the hash of a commit belongs. Check the endpoint, or try again later.");

    /// <summary>A file's hash as the server gave it in an ETag, which names the blob.</summary>
    /// <exception cref="HubException">It is something that cannot be a file's name.</exception>
    public static string ETag(string? text)
    {
        var tag = text?.Trim() ?? "";
        tag = (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag).Trim('"');
        return tag.Length is > 0 and <= MaximumName && tag[0] != '.' && tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? tag
            : throw new HubException(HubError.InvalidAnswer, $"The server gives '{Shown(text)}' as the hash of a file. Check the endpoint, or try again later.");
    }

    /// <summary>Whether a file of a repository, or the name of a branch, stays below the directory that it is put in, on every system.</summary>
    public static bool IsInside(string? path) =>
        path is { Length: > 0 and <= MaximumPath } && path.Split('/').All(part =>
            part.Length is > 0 and <= MaximumName && part[0] != ' ' && part[^1] is not ('.' or ' ') && part is not (".." or ".")
            && part.All(c => c >= ' ' && c != 0x7f && !"\\:*?\"<>|".Contains(c, StringComparison.Ordinal)) && !IsDevice(part));

    /// <summary>A path that a text from outside takes in an address: each part escaped.</summary>
    public static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static bool IsDevice(string part)
    {
        var stem = part.Split('.')[0].ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" || (stem.Length == 4 && stem[..3] is "COM" or "LPT" && char.IsAsciiDigit(stem[3]));
    }

    private static string Shown(string? text) => text is { Length: > 80 } ? text[..80] + "…" : text ?? "";
}
