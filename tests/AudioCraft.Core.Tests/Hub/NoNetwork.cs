using System.Runtime.CompilerServices;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Hub;

/// <summary>Tests use no network and not the user's caches.</summary>
internal static class NoNetwork
{
    private static readonly TemporaryFolder Home = new();

#pragma warning disable CA2255 // The module initializer is intended.
    [ModuleInitializer]
    public static void Begin()
#pragma warning restore CA2255
    {
        foreach (var name in new[] { "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH" })
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        Environment.SetEnvironmentVariable("HF_HOME", Home.Path);
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Home.Dispose();
    }
}
