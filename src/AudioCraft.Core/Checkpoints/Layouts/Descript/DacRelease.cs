using AudioCraft.Hub;

namespace AudioCraft.Checkpoints;

/// <summary>A DAC published by descript; its name has only the sample rate, as in audiocraft.</summary>
/// <param name="Name">Such as <c>dac_44khz</c>.</param>
/// <param name="File">The file name that upstream's download uses.</param>
/// <param name="Address">Where it is published.</param>
/// <param name="HubId">The same weights in Hugging Face's layout.</param>
internal sealed record DacRelease(string Name, string File, string Address, string HubId)
{
    private const string Releases = "https://github.com/descriptinc/descript-audio-codec/releases/download/";

    private static readonly DacRelease[] All =
    [
        new("dac_44khz", "weights_44khz_8kbps_0.0.1.pth", Releases + "0.0.1/weights.pth", "descript/dac_44khz"),
        new("dac_24khz", "weights_24khz_8kbps_0.0.4.pth", Releases + "0.0.4/weights_24khz.pth", "descript/dac_24khz"),
        new("dac_16khz", "weights_16khz_8kbps_0.0.5.pth", Releases + "0.0.5/weights_16khz.pth", "descript/dac_16khz"),
    ];

    /// <summary>Where the file is looked for: the current directory, and the download folder of upstream's <c>dac</c>.</summary>
    private IEnumerable<string> Places =>
    [
        Path.GetFullPath(Name + ".pth"),
        Path.GetFullPath(File),
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "descript", "dac", File),
    ];

    /// <summary>The file of a release, or its directory from the Hub; null if no release has this name.</summary>
    /// <exception cref="CheckpointException">The release's file does not exist and the Hub id cannot be used; the message says where to get the file and where it was looked for.</exception>
    /// <exception cref="HubException">The release's file does not exist, and the download from the Hub failed.</exception>
    public static string? Find(string name, ModelFetcher fetcher)
    {
        if (Array.Find(All, r => r.Name == name) is not { } release)
        {
            return null;
        }

        var missing = $"'{name}' is not on this machine: looked for {string.Join(", ", release.Places)}. Get {release.Address} and save it as one of these, "
            + $"or give the path of that file, or of a directory with {release.HubId} from the Hugging Face Hub.";
        return release.Places.FirstOrDefault(System.IO.File.Exists)
            ?? fetcher.FindNamed(release.HubId, ModelKind.Compression, missing + " That")
            ?? throw new CheckpointException(missing);
    }
}
