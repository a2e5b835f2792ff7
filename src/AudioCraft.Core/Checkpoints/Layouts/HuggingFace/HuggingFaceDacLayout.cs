using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A DAC in Hugging Face's layout: <c>config.json</c> and weights in the same directory.</summary>
internal sealed class HuggingFaceDacLayout : ICheckpointLayout<CompressionModel>
{
    public string Name => $"a DAC in Hugging Face's layout, with model_type {HuggingFaceDacConfig.ModelType}";

    public IReadOnlyList<CheckpointFileSet> FileSets { get; } = [HuggingFaceFiles.With([], [CheckpointFiles.PreprocessorConfig])];

    public bool CanRead(CheckpointSource source) => (!source.IsFile || source.IsSafetensors) && source.ModelType == HuggingFaceDacConfig.ModelType;

    public CompressionModel Load(CheckpointSource source)
    {
        using var opened = source.IsFile ? null : HuggingFaceFiles.OpenWeights(source.Directory, source.Context.Options.MemoryMap);
        var config = HuggingFaceDacConfig.Read(source.Config!);
        return DacLoader.Load(config, opened ?? source.Archive, source.Context.Device, HuggingFaceDacNames.For(config));
    }

    public void PlanConversion(CheckpointSource source, ConversionPlan plan, ScalarType? type) => HuggingFaceFiles.PlanConversion(source, plan, null, FileSets[0]);
}
