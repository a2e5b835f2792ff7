namespace AudioCraft.Checkpoints;

/// <summary>
/// Models bundled with the application rather than downloaded from the Hugging Face Hub: a package such as <c>AudioCraft.Models.AudioGenTiny</c> puts a checkpoint into the folder
/// <c>models</c> beside the application.
/// </summary>
internal static class BundledModels
{
    private const string Folder = "models";
    private const int MaximumNameLength = 128;

    /// <summary>The directory of the model with a name; null if there is none.</summary>
    public static string? Find(string name) => Find(name, AppContext.BaseDirectory);

    /// <param name="name">A name of letters, digits, <c>-</c>, <c>_</c> and dots; a path is not accepted.</param>
    /// <param name="application">The folder of the application.</param>
    internal static string? Find(string name, string application)
    {
        if (name.Length is 0 or > MaximumNameLength || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            return null;
        }

        var directory = Path.Combine(application, Folder, name);
        return File.Exists(Path.Combine(directory, CheckpointFiles.Config)) ? directory : null;
    }

    /// <summary>The folder that is searched.</summary>
    public static string Searched => Path.Combine(AppContext.BaseDirectory, Folder);

    /// <summary>The names of the bundled models.</summary>
    public static IReadOnlyList<string> Names() => Directory.Exists(Searched)
        ? [.. Directory.EnumerateDirectories(Searched).Select(directory => Path.GetFileName(directory)).Where(name => Find(name) is not null).Order(StringComparer.Ordinal)]
        : [];
}
