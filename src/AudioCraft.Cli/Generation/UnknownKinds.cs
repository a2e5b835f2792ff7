using AudioCraft.Cli.Display;

namespace AudioCraft.Cli.Generation;

/// <summary>Warns about prompts that a model cannot generate.</summary>
internal static class UnknownKinds
{
    private const int MaxQuoted = 3;

    /// <summary>Prints one warning for all prompts that mention none of the model's kinds of audio.</summary>
    public static void Warn(ToolConsole console, BaseGenModel model, string name, IReadOnlyList<string> prompts)
    {
        var unknown = prompts.Where(prompt => !model.KnownKinds.Includes(prompt)).Distinct().ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var quoted = string.Join(", ", unknown.Take(MaxQuoted).Select(prompt => $"'{Shortened(prompt)}'")) + (unknown.Count > MaxQuoted ? $" and {unknown.Count - MaxQuoted} more" : "");
        console.Warn($"{name} was not trained on {quoted}: the result is one of its kinds of audio, which are {string.Join(", ", model.KnownKinds.Names)}.");
    }

    private static string Shortened(string prompt) => prompt.Length <= 60 ? prompt : $"{prompt[..57]}...";
}
