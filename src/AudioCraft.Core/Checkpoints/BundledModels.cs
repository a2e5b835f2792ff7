namespace AudioCraft.Checkpoints;

/// <summary>
/// Models bundled with the application rather than downloaded from the Hugging Face Hub: a package such as <c>AudioCraft.Models.AudioGenTiny</c> puts a checkpoint into the folder
/// <c>models</c> beside the application; in this repository, that folder is above the application.
/// </summary>
internal static class BundledModels
{
    private const string Folder = "models";
    private const int LongestName = 128;

    /// <summary>The directory of the model with that name; null if there is none. Only plain names are accepted, never a path.</summary>
    public static string? Find(string name) => Find(name, AppContext.BaseDirectory);

    /// <param name="name">Letters, digits, <c>-</c>, <c>_</c> and dots within.</param>
    /// <param name="start">The first folder searched; then each folder above it.</param>
    internal static string? Find(string name, string start)
    {
        if (name.Length is 0 or > LongestName || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            return null;
        }

        for (var home = new DirectoryInfo(start); home is not null; home = home.Parent)
        {
            var candidate = Path.Combine(home.FullName, Folder, name);
            if (File.Exists(Path.Combine(candidate, CheckpointFiles.Config)))
            {
                return candidate;
            }
        }

        return null;
    }
}
