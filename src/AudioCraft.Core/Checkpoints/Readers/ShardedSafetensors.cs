using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A model over several <c>.safetensors</c> files, and the index that maps tensors to files: <c>model.safetensors.index.json</c>.</summary>
public sealed class ShardedSafetensors : TensorArchive
{
    private const long MaximumIndexBytes = 16 << 20;
    private const int MaximumShards = 1024;

    private readonly List<SafetensorsFile> shards;
    private readonly OrderedDictionary<string, SafetensorsFile> homes = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);

    private ShardedSafetensors(string source, List<SafetensorsFile> shards, Dictionary<string, SafetensorsFile> byName, List<(string Tensor, string Shard)> map)
    {
        Source = source;
        this.shards = shards;
        foreach (var (tensor, shard) in map)
        {
            if (!byName[shard].Tensors.TryGetValue(tensor, out var info))
            {
                throw new CheckpointException($"{source}: tensor '{tensor}' is not in {shard}, where the index lists it.");
            }

            if (!homes.TryAdd(tensor, byName[shard]))
            {
                throw new CheckpointException($"{source}: tensor '{tensor}' is listed twice.");
            }

            tensors.Add(tensor, info);
        }
    }

    /// <inheritdoc/>
    public override string Source { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <summary>Opens the files that an index lists, which are beside it.</summary>
    /// <param name="indexPath">The index, such as <c>model.safetensors.index.json</c>.</param>
    /// <exception cref="CheckpointException">The index or a file is missing or damaged, a name leads out of the directory, or a tensor is not in the listed file.</exception>
    public static ShardedSafetensors Open(string indexPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(indexPath);
        var source = Path.GetFullPath(indexPath);
        var map = ReadMap(source);
        var shards = new List<SafetensorsFile>();
        try
        {
            var byName = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            foreach (var shard in map.Select(m => m.Shard).Distinct(StringComparer.Ordinal))
            {
                if (shards.Count == MaximumShards)
                {
                    throw new CheckpointException($"{source} names more than {MaximumShards} files.");
                }

                CheckName(shard, source);
                shards.Add(SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(source)!, shard)));
                byName.Add(shard, shards[^1]);
            }

            return new ShardedSafetensors(source, shards, byName, map);
        }
        catch
        {
            shards.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <summary>The names of the files that an index lists.</summary>
    /// <exception cref="CheckpointException">The index is missing or damaged, or lists a file in another directory.</exception>
    internal static IReadOnlyList<string> FilesOf(string indexPath)
    {
        var source = Path.GetFullPath(indexPath);
        List<string> files = [.. ReadMap(source).Select(m => m.Shard).Distinct(StringComparer.Ordinal)];
        files.ForEach(file => CheckName(file, source));
        return files.Count <= MaximumShards ? files : throw new CheckpointException($"{source} names more than {MaximumShards} files.");
    }

    /// <inheritdoc/>
    public override Tensor Read(string name) => HomeOf(name).Read(name);

    /// <inheritdoc/>
    public override Tensor? TryMap(string name) => HomeOf(name).TryMap(name);

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination) => HomeOf(name).ReadInto(name, destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            shards.ForEach(s => s.Dispose());
        }

        base.Dispose(disposing);
    }

    private static List<(string Tensor, string Shard)> ReadMap(string source)
    {
        using var file = new CheckpointFile(source);
        if (file.Length > MaximumIndexBytes)
        {
            throw new CheckpointException($"{source} has {file.Length} bytes; an index has at most {MaximumIndexBytes}.");
        }

        try
        {
            using var json = JsonDocument.Parse(file.ReadBytes(0, file.Length), new JsonDocumentOptions { MaxDepth = 8 });
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("weight_map", out var map) && map.ValueKind == JsonValueKind.Object
                ? [.. map.EnumerateObject().Select(p => (p.Name, p.Value.GetString() ?? throw new CheckpointException($"{source}: tensor '{p.Name}' has no file.")))]
                : throw new CheckpointException($"{source} has no weight_map.");
        }
        // The document's getters throw InvalidOperationException for values of another kind and for invalid UTF-8.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{source} is not the JSON of an index: {e.Message}", e);
        }
    }

    /// <summary>A file of the same directory, by its bare name, on any system.</summary>
    private static void CheckName(string shard, string source)
    {
        if (shard is "" or "." or ".." || shard.AsSpan().IndexOfAny("/\\:\0") >= 0)
        {
            throw new CheckpointException($"{source} names the file '{shard}', which is not the plain name of a file beside it.");
        }
    }

    private SafetensorsFile HomeOf(string name)
    {
        InfoOf(name);
        return homes[name];
    }
}
