using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>What a checkpoint holds, as far as it can be known without building a model.</summary>
/// <param name="Path">The file or directory.</param>
/// <param name="Tensors">Every tensor of every file, in the files' order.</param>
/// <param name="Configurations">The configurations as text (JSON or YAML), by the file and key that they were in.</param>
/// <param name="Metadata">Further texts, by the file and key that they were in.</param>
/// <param name="Licence">What the model's card, its metadata or its configuration says of its licence; null where nothing does.</param>
public sealed record CheckpointDescription(
    string Path, IReadOnlyList<StoredTensor> Tensors, IReadOnlyDictionary<string, string> Configurations, IReadOnlyDictionary<string, string> Metadata, string? Licence)
{
    /// <summary>Numbers in all tensors.</summary>
    public long ElementCount => Tensors.Sum(t => t.ElementCount);

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => Tensors.Sum(t => t.Bytes);
}

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="File">Its file, from the directory that was asked about.</param>
/// <param name="Name">Its name; in files of <c>torch.save</c> with the keys that lead to it, as in <c>best_state.emb.0.weight</c>.</param>
/// <param name="DType">Element type as stored.</param>
/// <param name="Shape">Size of each dimension; empty for a scalar.</param>
public sealed record StoredTensor(string File, string Name, ScalarType DType, IReadOnlyList<long> Shape)
{
    /// <summary>Its numbers.</summary>
    public long ElementCount => ElementTypes.Count([.. Shape]);

    /// <summary>Its bytes.</summary>
    public long Bytes => ElementCount * ElementTypes.SizeOf(DType);
}
