namespace AudioCraft.Checkpoints;

/// <summary>A DAC in Hugging Face's layout: <c>config.json</c> and the weights beside it.</summary>
internal sealed class HuggingFaceDacLayout : ICheckpointLayout<CompressionModel>
{
    public string Name => $"a DAC in Hugging Face's layout ({CheckpointFiles.Config} with model_type {HuggingFaceDacConfig.ModelType}, and {CheckpointFiles.Weights})";

    public bool CanRead(CheckpointSource source) => (!source.IsFile || source.IsSafetensors) && source.ModelType == HuggingFaceDacConfig.ModelType;

    public CompressionModel Load(CheckpointSource source)
    {
        using var weights = source.IsFile ? SafetensorsFile.Open(source.Path) : ModelDirectory.OpenWeights(source.Directory);
        var config = HuggingFaceDacConfig.Read(source.Config!);
        return DacLoader.Load(config, weights, source.Context.Device, HuggingFaceDacNames.For(config));
    }
}
