namespace AudioCraft.NAudio;

/// <summary>The same words wherever libsndfile lacks.</summary>
internal static class LibSndFileMissing
{
    public static AudioCraftException Because(DllNotFoundException error) => new(
        "libsndfile is not on this machine; without it only WAV is read and written. Debian and Ubuntu: apt-get install libsndfile1. "
        + "macOS: brew install libsndfile. Windows: put sndfile.dll beside the application.", error);
}
