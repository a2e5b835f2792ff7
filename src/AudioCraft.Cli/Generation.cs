using AudioCraft.Cli.Display;

namespace AudioCraft.Cli;

/// <summary>Generation models, as commands use them.</summary>
internal static class Generation
{
    /// <summary>Loads a model as AudioGen or MusicGen, whichever its checkpoint is of.</summary>
    public static Task<BaseGenModel> LoadAsync(string name, PretrainedOptions options, Bars bars, CancellationToken cancellationToken) =>
        BaseGenModel.GetPretrainedAsync(name, options, bars.Downloads(), cancellationToken);

    /// <summary>A seed for each prompt: the given one, plus 1 for each earlier occurrence of the same prompt. The same prompt and seed give the same audio.</summary>
    public static long[] Seeds(long seed, IReadOnlyList<string> prompts)
    {
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        return [.. prompts.Select(prompt => unchecked(seed + (seen[prompt] = seen.TryGetValue(prompt, out var before) ? before + 1 : 0)))];
    }
}
