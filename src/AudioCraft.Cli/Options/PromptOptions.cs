using System.CommandLine;

namespace AudioCraft.Cli.Options;

/// <summary>The prompts: arguments of the command line and lines of a file.</summary>
internal sealed class PromptOptions
{
    private const int MaxPrompts = 100_000, MaxPromptLength = 10_000;

    private readonly Argument<string[]> prompts = new("prompt") { Description = "One or more texts; each gives one file", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> file = new("--file") { Description = "A text file with one prompt per line; - for stdin. Empty lines and lines that start with # are ignored" };

    public PromptOptions(Command command)
    {
        command.Add(prompts);
        command.Add(file);
    }

    /// <summary>Reads all prompts in order.</summary>
    /// <exception cref="UsageException">There are too many, or one is empty or too long.</exception>
    /// <exception cref="AudioCraftException">The file cannot be read.</exception>
    public IReadOnlyList<string> Read(ParseResult line, TextReader input)
    {
        List<string> all = [.. line.GetValue(prompts) ?? []];
        if (line.GetValue(file) is { } path)
        {
            all.AddRange(Lines(path, input));
        }

        if (all.Count > MaxPrompts)
        {
            throw new UsageException($"There are {all.Count} prompts, but at most {MaxPrompts} are allowed.");
        }

        if (all.Exists(string.IsNullOrWhiteSpace))
        {
            throw new UsageException("A prompt is empty: give a text.");
        }

        return all.Find(prompt => prompt.Length > MaxPromptLength) is { } longest
            ? throw new UsageException($"A prompt has {longest.Length} characters, but at most {MaxPromptLength} are allowed.")
            : all;
    }

    private static List<string> Lines(string path, TextReader input)
    {
        try
        {
            using var reader = path == "-" ? null : new StreamReader(path);
            var lines = new List<string>();
            for (var line = (reader ?? input).ReadLine(); line is not null && lines.Count <= MaxPrompts; line = (reader ?? input).ReadLine())
            {
                if (line.Trim() is { Length: > 0 } text && text[0] != '#')
                {
                    lines.Add(text);
                }
            }

            return lines;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"'{path}' cannot be read: {error.Message}", error);
        }
    }
}
