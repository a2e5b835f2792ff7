using AudioCraft.Hub;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Finds out what a name means and loads the codec that is there.</summary>
internal static class CompressionModelLoader
{
    /// <summary>A checkpoint may name another in place of its own codec, that one another again, but not forever.</summary>
    private const int NamesFollowed = 4;

    /// <param name="name">A directory or file, descript's name of a release, or a name that the fetcher finds one by.</param>
    /// <param name="device">Where the model is to be.</param>
    /// <param name="fetcher">Finds models by name; null where only what is on this machine counts.</param>
    /// <exception cref="CheckpointException">Nothing is there, or nothing that is supported; the message says what was looked for.</exception>
    /// <exception cref="HubException">It cannot be had from the Hub.</exception>
    public static CompressionModel Load(string name, Device device, ModelFetcher? fetcher = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!Directory.Exists(name) && !File.Exists(name))
        {
            name = DacRelease.Find(name, fetcher) ?? fetcher?.Find(name, ModelKind.Compression) ?? name;
        }

        for (var followed = 0; followed <= NamesFollowed; followed++)
        {
            if (EncodecHubLoader.TryLoad(name, device) is { } encodec)
            {
                return encodec;
            }

            if (DacLoader.TryLoad(name, device) is { } dac)
            {
                return dac;
            }

            if (OriginalEncodec.TryLoad(name, device) is { } original)
            {
                return original;
            }

            using var checkpoint = AudioCraftCheckpoint.OpenCompressionModel(name);
            if (checkpoint.Pretrained is null)
            {
                return EncodecLoader.Load(checkpoint.Config, checkpoint.Weights, device);
            }

            name = FindNamed(checkpoint.Pretrained, checkpoint.Source, fetcher);
        }

        throw new CheckpointException($"'{name}': the codec is named in place of another more than {NamesFollowed} times.");
    }

    /// <summary>
    /// The codec of audiocraft's format that a directory holds, or that it leads to by names; or where these lead to another format, the last name and the place that it stands for.
    /// </summary>
    public static (AudioCraftCheckpoint? Codec, (string Id, string Place)? Named) OpenCodec(string directory, ModelFetcher? fetcher)
    {
        for (var followed = 0; followed <= NamesFollowed; followed++)
        {
            var checkpoint = AudioCraftCheckpoint.OpenCompressionModel(directory);
            if (checkpoint.Pretrained is not { } id)
            {
                return (checkpoint, null);
            }

            checkpoint.Dispose();
            var place = FindNamed(id, checkpoint.Source, fetcher);
            if (!IsOwnFormat(place))
            {
                return (null, (id, place));
            }

            directory = place;
        }

        throw new CheckpointException($"'{directory}': the codec is named in place of another more than {NamesFollowed} times.");
    }

    private static bool IsOwnFormat(string place) => Array.Exists(
        [".bin", ".safetensors"], extension => File.Exists(Path.Combine(place, AudioCraftCheckpoint.CompressionModelName + extension)));

    /// <summary>
    /// The directory of a codec that a checkpoint names by its Hub id, for instance <c>facebook/encodec_32khz</c>: inside the checkpoint's directory or beside it,
    /// by the whole id or its last part; else from the Hub. Anything that is not such an id is never taken as a path.
    /// </summary>
    private static string FindNamed(string id, string source, ModelFetcher? fetcher)
    {
        var parts = id.Split('/');
        var home = Path.GetDirectoryName(Path.GetFullPath(source))!;
        string[] roots = Path.GetDirectoryName(home) is { } parent ? [home, parent] : [home];
        var candidates = parts.Length <= 2 && parts.All(IsPlainName)
            ? roots.SelectMany(root => new[] { Path.Combine([root, .. parts]), Path.Combine(root, parts[^1]) }).Distinct().ToList()
            : [];
        return candidates.Find(Directory.Exists) ?? DacRelease.Find(id, fetcher)
            ?? fetcher?.FindNamed(id, ModelKind.Compression, $"{source} has no codec of its own: it")
            ?? throw new CheckpointException(
                $"{source} has no codec of its own but names '{id}'. Put that model into one of these directories: {string.Join(", ", candidates.DefaultIfEmpty("(none: it is not the name of a model)"))}.");
    }

    private static bool IsPlainName(string part) =>
        part.Length is > 0 and <= 128 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
