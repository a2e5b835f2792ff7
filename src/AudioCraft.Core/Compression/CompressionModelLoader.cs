using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Compression;

/// <summary>Finds out what a name means and loads the codec that is there.</summary>
internal static class CompressionModelLoader
{
    /// <summary>A checkpoint may name another in place of its own codec, that one another again, but not forever.</summary>
    private const int NamesFollowed = 4;

    /// <param name="name">A directory or file, or the name of a bundled model.</param>
    /// <param name="device">Where the model is to be.</param>
    /// <exception cref="CheckpointException">Nothing is there, or nothing that is supported; the message says what was looked for.</exception>
    public static CompressionModel Load(string name, Device device)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!Directory.Exists(name) && !File.Exists(name))
        {
            name = BundledModels.Find(name) ?? DacRelease.Find(name) ?? throw new CheckpointException(
                $"There is no file or directory '{name}'. A codec is loaded from a directory with {AudioCraftCheckpoint.CompressionModelName}.bin or "
                + $"{AudioCraftCheckpoint.CompressionModelName}.safetensors and config.json, from one with Hugging Face's config.json and model.safetensors, from such a file, or from one of facebookresearch/encodec's "
                + "(encodec_24khz-d7cc33bc.th) or descript's; names on the Hugging Face Hub are not looked up here.");
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

            name = FindNamed(checkpoint.Pretrained, checkpoint.Source);
        }

        throw new CheckpointException($"'{name}': the codec is named in place of another more than {NamesFollowed} times.");
    }

    /// <summary>
    /// The directory of a codec that a checkpoint names by its Hub id, for instance <c>facebook/encodec_32khz</c>: inside the checkpoint's directory or beside it,
    /// by the whole id or its last part. Anything that is not such an id is never taken as a path.
    /// </summary>
    private static string FindNamed(string id, string source)
    {
        var parts = id.Split('/');
        var home = Path.GetDirectoryName(Path.GetFullPath(source))!;
        string[] roots = Path.GetDirectoryName(home) is { } parent ? [home, parent] : [home];
        var candidates = parts.Length <= 2 && parts.All(IsPlainName)
            ? roots.SelectMany(root => new[] { Path.Combine([root, .. parts]), Path.Combine(root, parts[^1]) }).Distinct().ToList()
            : [];
        return candidates.Find(Directory.Exists) ?? DacRelease.Find(id)
            ?? throw new CheckpointException(
                $"{source} has no codec of its own but names '{id}'. Put that model into one of these directories: {string.Join(", ", candidates.DefaultIfEmpty("(none: it is not the name of a model)"))}.");
    }

    private static bool IsPlainName(string part) =>
        part.Length is > 0 and <= 128 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
