using AudioCraft;

namespace TextToSound;

/// <summary>The checkpoint that is used when none is named.</summary>
internal static class BundledModel
{
    private const string Bundled = "audiogen-tiny", TestCheckpoint = "audiogen_tiny_checkpoint";

    /// <summary>The model that comes with the repository or the package; without it the tiny checkpoint of the tests, from wherever in the repository this runs.</summary>
    public static string Find()
    {
        string? test = null;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "models", Bundled, "config.json")))
            {
                return Bundled;
            }

            var candidate = Path.Combine(folder.FullName, "tests", "golden", TestCheckpoint);
            test ??= Directory.Exists(candidate) ? candidate : null;
        }

        return test ?? throw new AudioCraftException("There is no checkpoint beside this program: name one with --model.");
    }

    public static bool HasRandomWeights(string model) => Path.GetFileName(Path.TrimEndingDirectorySeparator(model)) == TestCheckpoint;
}
