using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>Models from the application, a directory or the Hub.</summary>
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
            _ => throw new ArgumentException($"{options.GetType().Name} is not known.", nameof(options)),
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
