namespace AudioCraft.Checkpoints;

/// <summary>Files that together are a model.</summary>
/// <param name="Required">Files that must exist.</param>
internal sealed record CheckpointFileSet(params string[] Required)
{
    /// <summary>Alternatives in order of preference, one of which must exist; empty if there are none.</summary>
    public IReadOnlyList<string> OneOf { get; init; } = [];

    /// <summary>Files that are used if they exist.</summary>
    public IReadOnlyList<string> Optional { get; init; } = [];

    /// <summary>Whether the files exist.</summary>
    /// <param name="has">Whether a file exists.</param>
    public bool Exists(Func<string, bool> has) => Required.All(has) && (OneOf.Count == 0 || OneOf.Any(has));

    /// <inheritdoc/>
    public override string ToString()
    {
        var alternatives = OneOf.Count == 0 ? "" : $"{(Required.Length > 0 ? ", and " : "")}{string.Join(" or ", OneOf)}";
        return string.Join(", ", Required) + alternatives;
    }
}
