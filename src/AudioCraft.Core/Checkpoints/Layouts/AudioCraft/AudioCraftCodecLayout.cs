using AudioCraft.Hub;

namespace AudioCraft.Checkpoints;

/// <summary>A codec in audiocraft's format, which may also only name another model.</summary>
internal sealed class AudioCraftCodecLayout : ICheckpointLayout<CompressionModel>
{
    /// <summary>A checkpoint may name another model as its codec, which may again name another; this is the limit.</summary>
    private const int MaximumNames = 4;

    public string Name => $"a codec of audiocraft ({CheckpointFiles.CompressionModel}, or {CheckpointFiles.ConvertedCompressionModel} with {CheckpointFiles.Config})";

    public bool CanRead(CheckpointSource source) => AudioCraftCheckpoint.IsIn(source, AudioCraftCheckpoint.CompressionModelName);

    public CompressionModel Load(CheckpointSource source)
    {
        var (codec, named) = Follow(source.Path, source.Context.Fetcher, place =>
        {
            using var next = new CheckpointSource(place, source.Context);
            return CheckpointLoader.LayoutOf(CheckpointLoader.Codecs, next, "codec") is AudioCraftCodecLayout;
        });
        using (codec)
        {
            if (codec is not null)
            {
                return EncodecLoader.Load(EncodecXpConfig.Read(codec.Config), codec.Weights, source.Context.Device);
            }
        }

        using var other = new CheckpointSource(named!.Value.Place, source.Context);
        return CheckpointLoader.LayoutOf(CheckpointLoader.Codecs, other, "codec").Load(other);
    }

    /// <summary>
    /// The codec in audiocraft's format that a directory holds or names; if it names a codec in another layout, that name and its directory or file.
    /// </summary>
    public static (AudioCraftCheckpoint? Codec, (string Id, string Place)? Named) Open(string directory, ModelFetcher fetcher) =>
        Follow(directory, fetcher, CheckpointFiles.HasCompressionModel);

    private static (AudioCraftCheckpoint? Codec, (string Id, string Place)? Named) Follow(string path, ModelFetcher fetcher, Func<string, bool> isAudioCraft)
    {
        for (var names = 0; names <= MaximumNames; names++)
        {
            var checkpoint = AudioCraftCheckpoint.OpenCompressionModel(path);
            if (checkpoint.Pretrained is not { } id)
            {
                return (checkpoint, null);
            }

            checkpoint.Dispose();
            var place = FindNamed(id, checkpoint.Source, fetcher);
            if (!isAudioCraft(place))
            {
                return (null, (id, place));
            }

            path = place;
        }

        throw new CheckpointException($"'{path}': the checkpoint names another model as its codec, and that another, more than {MaximumNames} times.");
    }

    /// <summary>
    /// The directory of a codec that a checkpoint names by its Hub id, such as <c>facebook/encodec_32khz</c>: inside the checkpoint's directory or beside it,
    /// by the whole id or its last part; else from the Hub. Anything but such an id is rejected, never used as a path.
    /// </summary>
    private static string FindNamed(string id, string source, ModelFetcher fetcher)
    {
        var parts = id.Split('/');
        var home = Path.GetDirectoryName(Path.GetFullPath(source))!;
        string[] roots = Path.GetDirectoryName(home) is { } parent ? [home, parent] : [home];
        var candidates = parts.Length <= 2 && parts.All(IsPlainName)
            ? roots.SelectMany(root => new[] { Path.Combine([root, .. parts]), Path.Combine(root, parts[^1]) }).Distinct().ToList()
            : [];
        return candidates.Find(Directory.Exists) ?? DacRelease.Find(id, fetcher)
            ?? fetcher.FindNamed(id, ModelKind.Compression, $"{source} has no codec of its own: it")
            ?? throw new CheckpointException(
                $"{source} has no codec of its own but names '{id}'. Put that model into one of these directories: {string.Join(", ", candidates.DefaultIfEmpty("(none: it is not the name of a model)"))}.");
    }

    private static bool IsPlainName(string part) =>
        part.Length is > 0 and <= 128 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
