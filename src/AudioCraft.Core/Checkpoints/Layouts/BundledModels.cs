namespace AudioCraft.Checkpoints;

/// <summary>
/// Models that come with the application rather than from the Hugging Face Hub: a package such as <c>AudioCraft.Models.AudioGenTiny</c> puts a checkpoint into the folder
/// <c>models</c> beside the application; in the repository that folder is above it.
/// </summary>
internal static class BundledModels
{
    private const string Folder = "models";
    private const int LongestName = 128;

    /// <summary>The directory of the model of that name, or null where there is none. Only a plain name is looked for, never a path.</summary>
    public static string? Find(string name) => Find(name, AppContext.BaseDirectory);

    /// <param name="name">Letters, digits, <c>-</c>, <c>_</c> and dots within.</param>
    /// <param name="start">Where the search begins: there and in every folder above.</param>
    internal static string? Find(string name, string start)
    {
        if (name.Length is 0 or > LongestName || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            return null;
        }

        for (var home = new DirectoryInfo(start); home is not null; home = home.Parent)
        {
            var candidate = Path.Combine(home.FullName, Folder, name);
            if (File.Exists(Path.Combine(candidate, "config.json")))
            {
                return candidate;
            }
        }

        return null;
    }
}
