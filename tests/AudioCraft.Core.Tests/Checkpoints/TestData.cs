namespace AudioCraft.Tests.Checkpoints;

/// <summary>The small files in tests/data. The scripts that created them are in the same folder.</summary>
internal static class TestData
{
    /// <summary>A file that once caused a wrong result or unbounded memory.</summary>
    public static string Hostile(string name) => Path.Combine(Golden.Directory("audiogen_tiny_checkpoint"), "..", "..", "data", "hostile", name);

    public static string Checkpoint(string name) => Path.Combine(Golden.Directory("audiogen_tiny_checkpoint"), "..", "..", "data", "checkpoints", name);
}
