using System.Text.Json;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A model stored in several <c>.safetensors</c> files (shards) with an index that maps tensors to files: <c>model.safetensors.index.json</c>.</summary>
public sealed class ShardedSafetensors : TensorArchive
{
    private const long MaximumIndexBytes = 16 << 20;
    private const int MaximumShards = 1024;

    private readonly List<SafetensorsFile> shards;
    private readonly OrderedDictionary<string, SafetensorsFile> shardOf = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);

    private ShardedSafetensors(string source, List<SafetensorsFile> shards, Dictionary<string, SafetensorsFile> byName, List<(string Tensor, string Shard)> map)
    {
        Source = source;
        this.shards = shards;
        foreach (var (tensor, shard) in map)
        {
            if (!byName[shard].Tensors.TryGetValue(tensor, out var info))
            {
                throw new CheckpointException($"{source}: tensor '{PrintableText.Of(tensor)}' is not in the file '{shard}' that the index lists for it.");
            }

            if (!shardOf.TryAdd(tensor, byName[shard]))
            {
                throw new CheckpointException($"{source}: the index lists the tensor '{PrintableText.Of(tensor)}' twice.");
            }

            tensors.Add(tensor, info);
        }
    }

    /// <inheritdoc/>
    public override string Source { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <summary>Opens the files that an index lists, in the directory of the index.</summary>
    /// <param name="indexPath">The index, such as <c>model.safetensors.index.json</c>.</param>
    /// <exception cref="CheckpointException">The index or a file is missing or damaged, a file is in another directory, or a tensor is not in the listed file.</exception>
    public static ShardedSafetensors Open(string indexPath) => Open(indexPath, memoryMap: true);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="indexPath">The index.</param>
    /// <param name="memoryMap">Whether tensors may use the memory-mapped files.</param>
    internal static ShardedSafetensors Open(string indexPath, bool memoryMap)
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
                    throw new CheckpointException($"{source} lists more than {MaximumShards} files.");
                }

                CheckName(shard, source);
                shards.Add(SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(source)!, shard), memoryMap));
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
        return files.Count <= MaximumShards ? files : throw new CheckpointException($"{source} lists more than {MaximumShards} files.");
    }

    /// <inheritdoc/>
    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name) => ShardOf(name).StoragesOf(name);

    /// <inheritdoc/>
    public override Tensor Read(string name) => ShardOf(name).Read(name);

    /// <inheritdoc/>
    public override Tensor? TryMap(string name) => ShardOf(name).TryMap(name);

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination) => ShardOf(name).ReadInto(name, destination);

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
            throw new CheckpointException($"{source} has {file.Length} bytes; at most {MaximumIndexBytes} are supported for an index.");
        }

        try
        {
            using var json = JsonDocument.Parse(file.ReadBytes(0, file.Length), new JsonDocumentOptions { MaxDepth = 8 });
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("weight_map", out var map) && map.ValueKind == JsonValueKind.Object
                ? [.. map.EnumerateObject().Select(p => (p.Name, p.Value.GetString() ?? throw new CheckpointException($"{source}: the index has no file for the tensor '{PrintableText.Of(p.Name)}'.")))]
                : throw new CheckpointException($"{source} has no weight_map.");
        }
        // JsonElement throws InvalidOperationException for values of another type and for invalid UTF-8.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{source} is not a valid index: {e.Message}", e);
        }
    }

    /// <summary>Checks that the name of a file has no directory, on any operating system.</summary>
    private static void CheckName(string shard, string source)
    {
        if (shard is "" or "." or ".." || shard.AsSpan().IndexOfAny("/\\:\0") >= 0)
        {
            throw new CheckpointException($"{source} lists the file '{PrintableText.Of(shard)}'; a file name without a directory is expected.");
        }
    }

    private SafetensorsFile ShardOf(string name)
    {
        InfoOf(name);
        return shardOf[name];
    }
}
