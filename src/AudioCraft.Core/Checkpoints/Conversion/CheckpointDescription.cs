using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>The contents of a checkpoint.</summary>
/// <param name="Path">The file or directory.</param>
/// <param name="Tensors">Every tensor of every file, in file order.</param>
/// <param name="Configurations">The configurations as text (JSON or YAML), by file and key.</param>
/// <param name="Metadata">Further texts, by file and key.</param>
/// <param name="License">The license according to the model card, the metadata or the configuration; null if none has it.</param>
public sealed record CheckpointDescription(
    string Path, IReadOnlyList<StoredTensor> Tensors, IReadOnlyDictionary<string, string> Configurations, IReadOnlyDictionary<string, string> Metadata, string? License)
{
    /// <summary>Elements of all tensors.</summary>
    public long ElementCount => Tensors.Sum(t => t.ElementCount);

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => Tensors.Sum(t => t.Bytes);
}

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="File">Its file, relative to the directory.</param>
/// <param name="Name">Its name; in files of <c>torch.save</c> prefixed with its keys, as in <c>best_state.emb.0.weight</c>.</param>
/// <param name="DType">Element type as stored.</param>
/// <param name="Shape">Size of each dimension; empty for a scalar.</param>
public sealed record StoredTensor(string File, string Name, ScalarType DType, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => ElementTypes.Count([.. Shape]);

    /// <summary>Size in bytes.</summary>
    public long Bytes => ElementCount * ElementTypes.SizeOf(DType);
}
