using AudioCraft.Cli.Display;

namespace AudioCraft.Cli.Generation;

/// <summary>Loads generative models.</summary>
internal static class GenerativeModels
{
    /// <summary>Loads a model as AudioGen or MusicGen, depending on its checkpoint.</summary>
    public static Task<BaseGenModel> LoadAsync(string name, PretrainedOptions options, ProgressBars bars, CancellationToken cancellationToken) =>
        BaseGenModel.GetPretrainedAsync(name, options, bars.Downloads(), cancellationToken);
}
