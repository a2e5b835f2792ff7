namespace AudioCraft.Checkpoints;

/// <summary>The files of a model in Hugging Face's layout: a configuration, and weights in one of three forms.</summary>
internal static class HuggingFaceFiles
{
    private static readonly (string Name, Func<string, bool, TensorArchive> Open)[] Weights =
    [
        (CheckpointFiles.Weights, SafetensorsFile.Open),
        (CheckpointFiles.WeightsIndex, ShardedSafetensors.Open),
        (CheckpointFiles.TorchWeights, TorchFile.Open),
    ];

    /// <summary>The configuration and the weights, with further files.</summary>
    public static CheckpointFileSet With(string[] required, string[] optional) => new([CheckpointFiles.Config, .. required])
    {
        OneOf = [.. Weights.Select(form => form.Name)],
        Optional = [.. optional, CheckpointFiles.Card],
    };

    /// <summary>Whether a directory has weights.</summary>
    public static bool HasWeights(string directory) => Array.Exists(Weights, form => File.Exists(Path.Combine(directory, form.Name)));

    /// <summary>Opens <c>model.safetensors</c>, else the files of <c>model.safetensors.index.json</c>, else <c>pytorch_model.bin</c>.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="memoryMap">Whether tensors may use the memory-mapped files.</param>
    /// <exception cref="CheckpointException">None exists (the message lists them), or the file cannot be read.</exception>
    public static TensorArchive OpenWeights(string directory, bool memoryMap)
    {
        foreach (var (name, open) in Weights)
        {
            var path = Path.Combine(directory, name);
            if (File.Exists(path))
            {
                return open(path, memoryMap);
            }
        }

        throw new CheckpointException($"{directory} has no weights: looked for {string.Join(", ", Weights.Select(form => form.Name))}.");
    }

    /// <summary>Plans a conversion that keeps the layout, with the weights in one safetensors file.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="plan">Receives the files to write.</param>
    /// <param name="type">Element type of the weights; null for the stored type.</param>
    /// <param name="files">The files of the layout.</param>
    public static void PlanConversion(CheckpointSource source, ConversionPlan plan, TorchSharp.torch.ScalarType? type, CheckpointFileSet files)
    {
        plan.AddWeights(CheckpointFiles.Weights, plan.Keep(OpenWeights(source.Directory, source.Context.Options.MemoryMap)), type);
        plan.AddCopies(source.Directory, "", [.. files.Required.Where(name => name != CheckpointFiles.Config), .. files.Optional]);
        plan.CopyConfig(source.PathOf(CheckpointFiles.Config));
    }
}
