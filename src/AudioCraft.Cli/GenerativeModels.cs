using AudioCraft.Checkpoints;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli;

/// <summary>Loads generative models.</summary>
internal static class GenerativeModels
{
    private static readonly string[] SignsOfMusic = ["solver: musicgen", "\"model_type\": \"musicgen\"", "\"model_type\":\"musicgen\""];

    /// <summary>Loads a model as AudioGen or MusicGen, which differ in their default parameters.</summary>
    public static async Task<BaseGenModel> LoadAsync(string name, PretrainedOptions options, Bars bars, CancellationToken cancellationToken)
    {
        var place = await ModelHub.DownloadAsync(name, options, bars.Downloads(), cancellationToken).ConfigureAwait(false);
        return IsMusic(place)
            ? await MusicGen.GetPretrainedAsync(name, options, bars.Downloads(), cancellationToken).ConfigureAwait(false)
            : await AudioGen.GetPretrainedAsync(name, options, bars.Downloads(), cancellationToken).ConfigureAwait(false);
    }

    private static bool IsMusic(string place) =>
        CheckpointInspector.Inspect(place).Configurations.Values.Any(text => Array.Exists(SignsOfMusic, sign => text.Contains(sign, StringComparison.Ordinal)));
}
