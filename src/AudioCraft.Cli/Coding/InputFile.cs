namespace AudioCraft.Cli.Coding;

/// <summary>Checks input files before a model is loaded.</summary>
internal static class InputFile
{
    /// <exception cref="AudioCraftException">The path is not a file.</exception>
    public static void Check(string path)
    {
        if (!File.Exists(path))
        {
            throw new AudioCraftException($"'{path}' cannot be read: {(Directory.Exists(path) ? "it is a directory" : "there is no such file")}.");
        }
    }
}
