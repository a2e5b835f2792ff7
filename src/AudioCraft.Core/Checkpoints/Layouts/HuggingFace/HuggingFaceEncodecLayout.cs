using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>An EnCodec in Hugging Face's layout: <c>config.json</c> and weights in the same directory.</summary>
internal sealed class HuggingFaceEncodecLayout : ICheckpointLayout<CompressionModel>
{
    public string Name => $"an EnCodec in Hugging Face's layout, with model_type {HuggingFaceEncodecConfig.ModelType}";

    public IReadOnlyList<CheckpointFileSet> FileSets { get; } = [HuggingFaceFiles.With([], [CheckpointFiles.PreprocessorConfig])];

    public bool CanRead(CheckpointSource source) =>
        (!source.IsFile || FileSets[0].OneOf.Contains(source.FileName)) && source.ModelType == HuggingFaceEncodecConfig.ModelType;

    public CompressionModel Load(CheckpointSource source)
    {
        using var weights = HuggingFaceFiles.OpenWeights(source.Directory, source.Context.Options.MemoryMap);
        return Load(source.Config!, weights, source.Context.Device);
    }

    public void PlanConversion(CheckpointSource source, ConversionPlan plan, ScalarType? type) => HuggingFaceFiles.PlanConversion(source, plan, null, FileSets[0]);

    /// <summary>Builds the model from its configuration and weights, which may be parts of a larger checkpoint.</summary>
    /// <exception cref="CheckpointException">A value of the configuration is not supported, or the weights do not fit it.</exception>
    public static EncodecModel Load(CheckpointConfig config, TensorArchive weights, Device device)
    {
        var codebooks = HuggingFaceEncodecNames.CountCodebooks(weights.Tensors.Keys);
        return codebooks > 0
            ? EncodecLoader.Load(HuggingFaceEncodecConfig.Read(config, codebooks), weights, device, new WeightLoadOptions { Rename = HuggingFaceEncodecNames.Of })
            : throw new CheckpointException($"{weights.Source} has no codec: it needs quantizer.layers.0.codebook.embed.");
    }
}
