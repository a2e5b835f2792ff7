using System.Globalization;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>Loads models. Tests replace it.</summary>
internal interface IModelLoader
{
    Task<LoadedModel> LoadAsync(SoundModelOptions options, IProgress<DownloadProgress> progress, CancellationToken cancellationToken);
}

/// <summary>Loads models from the application, a directory or the Hub.</summary>
internal sealed class PretrainedLoader(ILogger logger) : IModelLoader
{
    public async Task<LoadedModel> LoadAsync(SoundModelOptions options, IProgress<DownloadProgress> progress, CancellationToken cancellationToken)
    {
        var pretrained = options.Pretrained with { Logger = options.Pretrained.Logger ?? logger };
        return options switch
        {
            AudioCraftOptions { Kind: SoundModelKind.MusicGen } music => Generator(
                await MusicGen.GetPretrainedAsync(options.Model, pretrained, progress, cancellationToken).ConfigureAwait(false), music),
            AudioCraftOptions audio => Generator(
                await AudioGen.GetPretrainedAsync(options.Model, pretrained, progress, cancellationToken).ConfigureAwait(false), audio),
            AudioCraftCodecOptions codec => Codec(
                await CompressionModel.GetPretrainedAsync(options.Model, pretrained, progress, cancellationToken).ConfigureAwait(false), codec),
            _ => throw new ArgumentException($"Options of type {options.GetType().Name} are not supported.", nameof(options)),
        };
    }

    private static PretrainedGenerator Generator(BaseGenModel model, AudioCraftOptions options)
    {
        Configure(model, options.ConfigureModel);
        return new PretrainedGenerator(model);
    }

    private static PretrainedCodec Codec(CompressionModel codec, AudioCraftCodecOptions options)
    {
        Configure(codec, options.ConfigureModel);
        return new PretrainedCodec(options.Model, codec);
    }

    private static void Configure<T>(T model, Action<T>? configure) where T : IDisposable
    {
        try
        {
            configure?.Invoke(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}

/// <summary>A loaded AudioGen or MusicGen, which is disposed with this object.</summary>
internal sealed class PretrainedGenerator(BaseGenModel model) : LoadedGenerator
{
    public override SoundModelInfo Info { get; } = Describe(model.Name, model.CompressionModel, model.Device.ToString()) with
    {
        WindowSeconds = model.MaxDuration,
        Defaults = model.GenerationParams,
        KnownKinds = model.KnownKinds,
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
            // The duration does not fit the model: the generation reports that to the caller of the request.
            return 1;
        }
    }

    public override Task<Tensor> GenerateAsync(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        if (batch.Prompt is not { } sound)
        {
            return model.GenerateAsync(batch.Descriptions, batch.Parameters, progress, cancellationToken);
        }

        // The duration of a request includes the recording, that of the model's method does not.
        var added = batch.Parameters.Duration - sound.Duration.TotalSeconds;
        if (added <= 0)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The duration is {batch.Parameters.Duration} s, but it includes the recording, which has {sound.Duration.TotalSeconds:0.###} s: set a longer one."), nameof(batch));
        }

        // The call reads the recording before it returns.
        using var recording = sound.ToTensor();
        return model.ContinueRecordingAsync(recording, sound.SampleRate, batch.Descriptions, batch.Parameters with { Duration = added }, progress, cancellationToken);
    }

    public override IAsyncEnumerable<AudioChunk> Stream(
        GenerationBatch batch, double chunkSeconds, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        return model.GenerateStreamingAsync(batch.Descriptions, batch.Parameters, chunkSeconds, progress, cancellationToken);
    }

    public override void Dispose() => model.Dispose();
}

/// <summary>A loaded codec, which is disposed with this object.</summary>
internal sealed class PretrainedCodec(string name, CompressionModel codec) : LoadedModel
{
    public override SoundModelInfo Info { get; } = Describe(name, codec, codec.parameters().First().device.ToString());

    public override CompressionModel Codec => codec;

    public override void Dispose() => codec.Dispose();
}
