using AudioCraft.Checkpoints;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli;

/// <summary>Models that make sound, as commands use them.</summary>
internal static class Generation
{
    private static readonly string[] SignsOfMusic = ["solver: musicgen", "\"model_type\": \"musicgen\"", "\"model_type\":\"musicgen\""];

    /// <summary>Loads a model from wherever it is, as AudioGen or MusicGen: they differ in how long a sound is and how its window moves, where nothing is said.</summary>
    public static async Task<BaseGenModel> LoadAsync(string name, PretrainedOptions options, Bars bars, CancellationToken ct)
    {
        var place = await ModelHub.DownloadAsync(name, options, bars.Downloads(), ct).ConfigureAwait(false);
        return IsMusic(place)
            ? await MusicGen.GetPretrainedAsync(name, options, bars.Downloads(), ct).ConfigureAwait(false)
            : await AudioGen.GetPretrainedAsync(name, options, bars.Downloads(), ct).ConfigureAwait(false);
    }

    /// <summary>A seed for each prompt: the same for all but those that are there before, so that no sound is made twice. Each alone with its seed sounds the same.</summary>
    public static long[] Seeds(long seed, IReadOnlyList<string> prompts)
    {
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        return [.. prompts.Select(prompt => unchecked(seed + (seen[prompt] = seen.TryGetValue(prompt, out var before) ? before + 1 : 0)))];
    }

    private static bool IsMusic(string place) =>
        CheckpointInspector.Inspect(place).Configurations.Values.Any(text => Array.Exists(SignsOfMusic, sign => text.Contains(sign, StringComparison.Ordinal)));
}
