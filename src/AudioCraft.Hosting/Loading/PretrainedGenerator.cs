using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>An AudioGen or MusicGen in memory, which it takes over.</summary>
internal sealed class PretrainedGenerator(BaseGenModel model) : LoadedGenerator
{
    public override SoundModelInfo Info { get; } = Describe(model.Name, model.CompressionModel, model.Device.ToString()) with
    {
        WindowSeconds = model.MaxDuration,
        Defaults = model.GenerationParams,
    };

    public override CompressionModel Codec => model.CompressionModel;

    public override BaseGenModel Model => model;

    public override GenerationParams Defaults { get; } = model.GenerationParams;

    public override int ItemsTogether(GenerationParams parameters, int items)
    {
        try
        {
            return (int)Math.Clamp(model.EstimateMemory(items, parameters) / model.EstimateMemory(1, parameters), 1, items);
        }
        catch (ArgumentException)
        {
            // A duration that the model cannot make: generating says so, to the one who asked for it.
            return 1;
        }
    }

    public override Tensor Generate(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        if (batch.Prompt is not { } sound)
        {
            return model.Generate(batch.Descriptions, batch.Parameters, progress, cancellationToken);
        }

        using var prompt = sound.ToTensor();
        return model.GenerateContinuation(prompt, sound.SampleRate, batch.Descriptions, batch.Parameters, progress, cancellationToken);
    }

    public override IAsyncEnumerable<AudioChunk> Stream(
        GenerationBatch batch, double chunkSeconds, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        return model.GenerateStreamingAsync(batch.Descriptions, batch.Parameters, chunkSeconds, progress, cancellationToken);
    }

    public override void Dispose() => model.Dispose();
}
