using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A checkpoint in several files with an index, as Hugging Face writes large ones: <c>model.safetensors.index.json</c> or <c>pytorch_model.bin.index.json</c>,
/// whose <c>weight_map</c> says which file beside it holds which tensor.
/// </summary>
internal sealed class ShardedArchive : TensorArchive
{
    private const long LargestIndex = 32 << 20;
    private const int MostShards = 1024;

    private readonly Dictionary<string, TensorArchive> shards = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorArchive> places = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);

    private ShardedArchive(string path) => Source = path;

    public override string Source { get; }

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <exception cref="CheckpointException">The index or a file of it is missing or damaged, or names a file elsewhere.</exception>
    public static ShardedArchive Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var archive = new ShardedArchive(path);
        try
        {
            archive.ReadIndex();
            return archive;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            archive.Dispose();
            throw new CheckpointException($"{path} cannot be read: {e.Message}", e);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public override Tensor Read(string name) => PlaceOf(name).Read(name);

    public override Tensor? TryMap(string name) => PlaceOf(name).TryMap(name);

    public override void ReadInto(string name, Tensor destination) => PlaceOf(name).ReadInto(name, destination);

    protected override void Dispose(bool disposing)
    {
        foreach (var shard in shards.Values)
        {
            shard.Dispose();
        }

        shards.Clear();
        base.Dispose(disposing);
    }

    private TensorArchive PlaceOf(string name)
    {
        InfoOf(name);
        return places[name];
    }

    private void ReadIndex()
    {
        using var file = File.OpenRead(Source);
        if (file.Length > LargestIndex)
        {
            throw new CheckpointException($"{Source} has {file.Length} bytes; an index has at most {LargestIndex}.");
        }

        using var document = JsonDocument.Parse(file);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException($"{Source} has no weight_map that says where tensors are.");
        }

        foreach (var entry in map.EnumerateObject())
        {
            var shard = ShardOf(entry);
            if (!shard.Tensors.TryGetValue(entry.Name, out var info))
            {
                throw new CheckpointException($"{Source} says that tensor '{entry.Name}' is in {shard.Source}, but it is not.");
            }

            places[entry.Name] = shard;
            tensors[entry.Name] = info;
        }
    }

    private TensorArchive ShardOf(JsonProperty entry)
    {
        var name = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
        if (shards.TryGetValue(name, out var open))
        {
            return open;
        }

        var isSafetensors = name.EndsWith(".safetensors", StringComparison.Ordinal);
        if (name.AsSpan().IndexOfAny("/\\:\0") >= 0 || !(isSafetensors || name.EndsWith(".bin", StringComparison.Ordinal)) || shards.Count == MostShards)
        {
            throw new CheckpointException(
                $"{Source}: tensor '{entry.Name}' is said to be in {entry.Value.GetRawText()}; the names of at most {MostShards} .safetensors or .bin files beside it are expected.");
        }

        var path = Path.Combine(Path.GetDirectoryName(Source) ?? "", name);
        TensorArchive shard = isSafetensors ? SafetensorsFile.Open(path) : TorchFile.Open(path);
        shards.Add(name, shard);
        return shard;
    }
}
