namespace AudioCraft.Checkpoints;

/// <summary>The weights of a directory in Hugging Face's layout.</summary>
internal static class ModelDirectory
{
    private static readonly (string Name, Func<string, TensorArchive> Open)[] Kinds =
    [
        (CheckpointFiles.Weights, SafetensorsFile.Open),
        (CheckpointFiles.WeightsIndex, ShardedSafetensors.Open),
        (CheckpointFiles.TorchWeights, TorchFile.Open),
    ];

    /// <summary>Whether the directory has weights.</summary>
    public static bool HasWeights(string directory) => Array.Exists(Kinds, kind => File.Exists(Path.Combine(directory, kind.Name)));

    /// <summary>Opens <c>model.safetensors</c>, else the files of <c>model.safetensors.index.json</c>, else <c>pytorch_model.bin</c>.</summary>
    /// <exception cref="CheckpointException">None exists (the message lists them), or the file cannot be read.</exception>
    public static TensorArchive OpenWeights(string directory)
    {
        foreach (var (name, open) in Kinds)
        {
            var path = Path.Combine(directory, name);
            if (File.Exists(path))
            {
                return open(path);
            }
        }

        throw new CheckpointException($"{directory} has no weights: looked for {string.Join(", ", Kinds.Select(k => k.Name))}.");
    }
}
