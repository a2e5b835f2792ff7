namespace AudioCraft.Cli.Devices;

/// <summary>
/// Linux distributions whose C++ library is older than TorchSharp's native library requires. The build step of AudioCraft.Core makes the application's copy
/// accept the older one (AudioCraft.Core.targets).
/// </summary>
internal static class OlderLinux
{
    /// <summary>The version of GCC 13, which TorchSharp 0.107 requires.</summary>
    private static readonly Version Named = new(3, 4, 32);

    /// <summary>One line about the C++ library; nothing outside Linux.</summary>
    public static IEnumerable<string> Lines(Machine machine, Libtorch libtorch)
    {
        if (machine.CppLibrary is not { } newest)
        {
            yield break;
        }

        yield return newest >= Named
            ? $"libstdc++    GLIBCXX_{newest}, recent enough for TorchSharp"
            : libtorch.Loads
                ? $"libstdc++    GLIBCXX_{newest}, older than TorchSharp expects (GLIBCXX_{Named}); this application's libLibTorchSharp.so accepts it"
                : $"libstdc++    GLIBCXX_{newest}, older than TorchSharp expects (GLIBCXX_{Named})";
    }
}
