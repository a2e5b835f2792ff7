using System.Reflection;
using System.Runtime.InteropServices;

namespace AudioCraft.NAudio;

/// <summary>Finds the native libraries under the names that they have on each system.</summary>
internal static class NativeLibraries
{
    public const string SoundFile = "sndfile";
    public const string Alsa = "asound";

    /// <summary>The <see cref="AppContext"/> switch that disables both libraries, for systems where an installed one does not work.</summary>
    public const string DisableSwitch = "AudioCraft.NAudio.DisableNativeLibraries";

    private static readonly Lazy<nint> SoundFileHandle = new(() => Load(
        "libsndfile.so.1", "libsndfile.so", "libsndfile.1.dylib", "libsndfile.dylib",
        "/opt/homebrew/lib/libsndfile.dylib", // Homebrew on Apple silicon, which the loader does not search
        "sndfile.dll", "libsndfile-1.dll"));

    private static readonly Lazy<nint> AlsaHandle = new(() => Load("libasound.so.2", "libasound.so"));

    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, (name, _, _) => name switch
    {
        SoundFile => SoundFileHandle.Value,
        Alsa => AlsaHandle.Value,
        _ => 0,
    });

    public static bool HasSoundFile => !IsDisabled && SoundFileHandle.Value != 0;

    public static bool HasAlsa => !IsDisabled && AlsaHandle.Value != 0;

    private static bool IsDisabled => AppContext.TryGetSwitch(DisableSwitch, out var isDisabled) && isDisabled;

    /// <summary>The exception for an operation that needs libsndfile on a system without it.</summary>
    /// <param name="operation">What is not possible, as the beginning of a sentence.</param>
    public static AudioCraftException SoundFileMissing(string operation) => new($"{operation} requires libsndfile, which is not installed: {InstallSoundFile}.");

    /// <exception cref="AudioCraftException">libasound is not installed.</exception>
    public static void RequireAlsa()
    {
        if (!HasAlsa)
        {
            throw new AudioCraftException("Playback on Linux requires libasound, which is not installed: run 'apt-get install libasound2' (Debian, Ubuntu) or install the alsa-lib package.");
        }
    }

    private static string InstallSoundFile =>
        OperatingSystem.IsMacOS() ? "run 'brew install libsndfile'"
        : OperatingSystem.IsWindows() ? "copy sndfile.dll next to the application"
        : "run 'apt-get install libsndfile1' (Debian, Ubuntu) or install the libsndfile package";

    private static nint Load(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), null, out var handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
