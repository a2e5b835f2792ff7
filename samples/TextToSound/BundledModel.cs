using AudioCraft;

namespace TextToSound;

/// <summary>The checkpoint that is used when none is named.</summary>
internal static class BundledModel
{
    private const string TestCheckpoint = "audiogen_tiny_checkpoint";

    /// <summary>The tiny checkpoint of the tests, from wherever in the repository this runs.</summary>
    public static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "golden", TestCheckpoint);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new AudioCraftException("There is no checkpoint beside this program: name one with --model.");
    }

    public static bool HasRandomWeights(string model) => Path.GetFileName(Path.TrimEndingDirectorySeparator(model)) == TestCheckpoint;
}
