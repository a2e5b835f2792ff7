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

    // Taken once: what a request sets on the model must not become the next one's default.
    public override GenerationParams Defaults { get; } = model.GenerationParams;

    public override int ItemsTogether(GenerationParams parameters, int items)
    {
        try
        {
            model.GenerationParams = parameters;
            return (int)Math.Clamp(model.EstimateMemory(items) / model.EstimateMemory(), 1, items);
        }
        catch (ArgumentException)
        {
            // A duration that the model cannot make: generating says so, to the one who asked for it.
            return 1;
        }
    }

    public override Tensor Generate(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        model.GenerationParams = batch.Parameters;
        if (batch.Prompt is not { } sound)
        {
            return model.Generate(batch.Descriptions, progress, cancellationToken);
        }

        using var prompt = sound.ToTensor();
        return model.GenerateContinuation(prompt, sound.SampleRate, batch.Descriptions, progress, cancellationToken);
    }

    public override IAsyncEnumerable<AudioChunk> Stream(
        GenerationBatch batch, double chunkSeconds, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        model.GenerationParams = batch.Parameters;
        return model.GenerateStreamingAsync(batch.Descriptions, chunkSeconds, progress, cancellationToken);
    }

    public override void Dispose() => model.Dispose();
}
