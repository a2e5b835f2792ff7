using System.Text.Json;
using AudioCraft.Checkpoints;

namespace AudioCraft.Tests;

/// <summary>Recorded results of the original code, in tests/golden.</summary>
internal static class Golden
{
    private static readonly Lazy<string> Root = new(Find);

    /// <summary>The directory of a case. Its README.md describes what was computed.</summary>
    public static string Directory(string name)
    {
        var path = Path.Combine(Root.Value, name);
        return System.IO.Directory.Exists(path) ? path : throw new DirectoryNotFoundException($"There is no golden case '{name}' in {Root.Value}.");
    }

    /// <summary>A file of a case.</summary>
    public static string File(string name, string file) => Path.Combine(Directory(name), file);

    /// <summary>The arguments of a case, from its config.json.</summary>
    public static JsonDocument Config(string name) => JsonDocument.Parse(System.IO.File.ReadAllBytes(File(name, "config.json")));

    /// <summary>The inputs and outputs of a case, from its io.safetensors.</summary>
    public static SafetensorsFile Tensors(string name) => SafetensorsFile.Open(File(name, "io.safetensors"));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "golden");
            if (System.IO.Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException($"No tests/golden above {AppContext.BaseDirectory}: the tests run from inside the repository.");
    }
}
