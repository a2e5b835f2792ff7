using AudioCraft.Checkpoints;

namespace AudioCraft.Hub;

/// <summary>The files of a repository that are downloaded. Many repositories contain a model in several layouts, of which one is downloaded.</summary>
/// <param name="Needed">Files that the model needs; all exist.</param>
/// <param name="Wanted">Existing optional files.</param>
/// <param name="Index">The file of <paramref name="Needed"/> that lists further files, or null.</param>
internal sealed record ModelFiles(IReadOnlyList<string> Needed, IReadOnlyList<string> Wanted, string? Index = null)
{
    /// <summary>Chooses the files of the first layout whose files exist; null if there is none.</summary>
    /// <param name="kind">The kind of model.</param>
    /// <param name="has">Whether a file exists.</param>
    public static ModelFiles? Choose(ModelKind kind, Func<string, bool> has) =>
        CheckpointLoader.LayoutsOf(kind).SelectMany(layout => layout.FileSets).FirstOrDefault(set => set.Exists(has)) is { } set
            ? Of(set, set.OneOf.FirstOrDefault(has), has)
            : null;

    /// <summary>The files for which <see cref="Choose"/> looks, for messages.</summary>
    public static string Described(ModelKind kind) =>
        string.Join("; or ", CheckpointLoader.LayoutsOf(kind).SelectMany(layout => layout.FileSets).Select(set => set.ToString()).Distinct());

    private static ModelFiles Of(CheckpointFileSet set, string? alternative, Func<string, bool> has)
    {
        string[] needed = alternative is null ? set.Required : [.. set.Required, alternative];
        return new ModelFiles(needed, [.. set.Optional.Where(name => has(name) && !needed.Contains(name))], alternative == CheckpointFiles.WeightsIndex ? alternative : null);
    }
}
