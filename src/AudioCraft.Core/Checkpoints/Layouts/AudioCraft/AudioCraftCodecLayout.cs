using AudioCraft.Hub;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A codec in audiocraft's format. The checkpoint may also name another model as its codec.</summary>
internal sealed class AudioCraftCodecLayout : ICheckpointLayout<CompressionModel>
{
    /// <summary>The longest chain of checkpoints that name another one as their codec.</summary>
    private const int MaximumNames = 4;

    public string Name => "a codec of audiocraft";

    public IReadOnlyList<CheckpointFileSet> FileSets { get; } =
    [
        new(CheckpointFiles.Config, CheckpointFiles.ConvertedCompressionModel) { Optional = [CheckpointFiles.Card] },
        new(CheckpointFiles.CompressionModel) { Optional = [CheckpointFiles.Card] },
    ];

    public bool CanRead(CheckpointSource source) => AudioCraftCheckpoint.IsIn(source, AudioCraftCheckpoint.CompressionModelName);

    public CompressionModel Load(CheckpointSource source)
    {
        var (codec, named) = Follow(source, next => CheckpointLoader.LayoutOf(CheckpointLoader.Codecs, next, "codec") is AudioCraftCodecLayout);
        using (codec)
        {
            if (codec is not null)
            {
                return EncodecLoader.Load(EncodecConfigReader.Read(codec.Config), codec.Weights, source.Context.Device);
            }
        }

        using var other = new CheckpointSource(named!.Value.Place, source.Context);
        return CheckpointLoader.LayoutOf(CheckpointLoader.Codecs, other, "codec").Load(other);
    }

    public void PlanConversion(CheckpointSource source, ConversionPlan plan, ScalarType? type) => plan.WriteConfig([PlanWeights(source, plan)]);

    /// <summary>
    /// Plans the conversion of the codec of a checkpoint: its own weights; or, if the checkpoint names a model in another layout, that model in a folder of
    /// that name, where loading finds it.
    /// </summary>
    /// <returns>The entry of <c>config.json</c>.</returns>
    public static (string Name, string Key, string Value) PlanWeights(CheckpointSource source, ConversionPlan plan)
    {
        const string name = AudioCraftCheckpoint.CompressionModelName;
        var (codec, id) = Open(source);
        if (codec is not null)
        {
            plan.Keep(codec);
            plan.AddWeights(CheckpointFiles.ConvertedCompressionModel, codec.Weights, null);
            return (name, AudioCraftCheckpoint.ConfigKey, codec.ConfigText);
        }

        var (named, place) = id!.Value;
        if (Directory.Exists(place))
        {
            var folder = named.Split('/')[^1];
            plan.AddWeights(Path.Combine(folder, CheckpointFiles.Weights), plan.Keep(HuggingFaceFiles.OpenWeights(place, source.Context.Options.MemoryMap)), null);
            plan.AddCopies(place, folder, CheckpointFiles.Config, CheckpointFiles.Card);
        }

        return (name, AudioCraftCheckpoint.PretrainedKey, named);
    }

    /// <summary>
    /// The codec in audiocraft's format that a checkpoint contains or names; if it names a codec in another layout, that name and its directory or file.
    /// </summary>
    public static (AudioCraftCheckpoint? Codec, (string Id, string Place)? Named) Open(CheckpointSource source) =>
        Follow(source, next => CheckpointFiles.HasCompressionModel(next.Path));

    private static (AudioCraftCheckpoint? Codec, (string Id, string Place)? Named) Follow(CheckpointSource source, Func<CheckpointSource, bool> isAudioCraft)
    {
        var checkpoint = AudioCraftCheckpoint.Open(source, AudioCraftCheckpoint.CompressionModelName);
        for (var names = 0; checkpoint.Pretrained is { } id; names++)
        {
            if (names > MaximumNames)
            {
                throw new CheckpointException($"'{source.Path}': the chain of checkpoints that name another model as their codec is longer than {MaximumNames}.");
            }

            var place = FindNamed(id, checkpoint.Source, source.Context.Fetcher);
            checkpoint.Dispose();
            var next = new CheckpointSource(place, source.Context);
            try
            {
                if (!isAudioCraft(next))
                {
                    next.Dispose();
                    return (null, (id, place));
                }

                checkpoint = AudioCraftCheckpoint.Open(next, AudioCraftCheckpoint.CompressionModelName, owned: next);
            }
            catch
            {
                next.Dispose();
                throw;
            }
        }

        return (checkpoint, null);
    }

    /// <summary>
    /// The directory of a codec that a checkpoint names by its Hub id, such as <c>facebook/encodec_32khz</c>: inside the checkpoint's directory or beside it,
    /// by the whole id or its last part; else from the Hub. Only a valid id is used as a path.
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
            ?? fetcher.FindNamed(id, ModelKind.Compression, $"{source} has no codec: it")
            ?? throw new CheckpointException(
                $"{source} has no codec but names '{id}'. Put that model into one of these directories: {string.Join(", ", candidates.DefaultIfEmpty("(none, because this is not the name of a model)"))}.");
    }

    private static bool IsPlainName(string part) =>
        part.Length is > 0 and <= 128 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
