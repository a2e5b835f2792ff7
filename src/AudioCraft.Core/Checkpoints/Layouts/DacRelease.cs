using AudioCraft.Hub;

namespace AudioCraft.Checkpoints;

/// <summary>A DAC that descript published, which is named by its rate alone, as in audiocraft.</summary>
/// <param name="Name">Such as <c>dac_44khz</c>.</param>
/// <param name="File">What upstream's own download calls it.</param>
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

    /// <summary>Where the file is looked for: here under the model's name, and where upstream's <c>dac</c> keeps what it has downloaded.</summary>
    private IEnumerable<string> Places =>
    [
        Path.GetFullPath(Name + ".pth"),
        Path.GetFullPath(File),
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "descript", "dac", File),
    ];

    /// <summary>A release's file, or its directory from the Hub; null where the name is not one.</summary>
    /// <exception cref="CheckpointException">It is one, and its file is not there; the message says where to get it and where it was looked for.</exception>
    /// <exception cref="HubException">It is one, its file is not there, and neither can it be had from the Hub.</exception>
    public static string? Find(string name, ModelFetcher? fetcher)
    {
        if (Array.Find(All, r => r.Name == name) is not { } release)
        {
            return null;
        }

        var missing = $"'{name}' is not on this machine: looked for {string.Join(", ", release.Places)}. Get {release.Address} and save it as one of these, "
            + $"or give the path of that file, or of a directory with {release.HubId} from the Hugging Face Hub.";
        return release.Places.FirstOrDefault(System.IO.File.Exists)
            ?? fetcher?.FindNamed(release.HubId, ModelKind.Compression, missing + " That")
            ?? throw new CheckpointException(missing);
    }
}
