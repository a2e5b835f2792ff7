namespace AudioCraft.Hub;

/// <summary>
/// The name of a repository on the Hub, <c>owner/model</c>, by the Hub's rules: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>,
/// neither <c>--</c> nor <c>..</c>, at most 96 characters. It is safe as a part of a path. Of the Hub's old names without an owner, only those of T5 are accepted.
/// </summary>
internal sealed record RepoId
{
    private const int MaximumLength = 96;

    private static readonly string[] WithoutOwner = ["t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b"];

    private RepoId(string value) => Value = value;

    public string Value { get; }

    /// <summary>Its directory in the cache, as in Python's huggingface_hub.</summary>
    public string FolderName => "models--" + Value.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>The id, or null if the text is not a valid one.</summary>
    public static RepoId? TryParse(string? text)
    {
        var parts = text?.Split('/') ?? [];
        return text is { Length: <= MaximumLength } && (parts.Length == 2 || WithoutOwner.Contains(text)) && Array.TrueForAll(parts, IsPlain)
            && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal) && !text.EndsWith(".git", StringComparison.Ordinal)
            ? new RepoId(text)
            : null;
    }

    /// <summary>The id of Meta's model that a name without an owner probably means; null if there is none.</summary>
    public static RepoId? Suggest(string name) => name is "audiogen-medium" or "small" or "medium" or "large" || name.StartsWith("musicgen-", StringComparison.Ordinal) || name.StartsWith("encodec_", StringComparison.Ordinal)
        ? TryParse($"facebook/{(name.Contains('-', StringComparison.Ordinal) || name.Contains('_', StringComparison.Ordinal) ? "" : "musicgen-")}{name}")
        : null;

    public override string ToString() => Value;

    private static bool IsPlain(string part) =>
        part.Length > 0 && part[0] is not ('-' or '.') && part[^1] is not ('-' or '.') && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
