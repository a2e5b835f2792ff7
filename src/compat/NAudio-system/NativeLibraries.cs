using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NAudio;

/// <summary>What the native libraries are called on the systems where they are.</summary>
internal static class NativeLibraries
{
    public const string SoundFile = "sndfile";
    public const string Alsa = "asound";

#pragma warning disable CA2255 // The names must be known before the first use, wherever that is.
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Find);
#pragma warning restore CA2255

    private static nint Find(string name, Assembly assembly, DllImportSearchPath? path)
    {
        string[] candidates = name switch
        {
            SoundFile => ["libsndfile.so.1", "libsndfile.so", "libsndfile.1.dylib", "libsndfile.dylib", "sndfile.dll", "libsndfile-1.dll"],
            Alsa => ["libasound.so.2", "libasound.so"],
            _ => [],
        };
        foreach (var candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out var handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
