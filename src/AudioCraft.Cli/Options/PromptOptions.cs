using System.CommandLine;

namespace AudioCraft.Cli.Options;

/// <summary>What to hear: words of the command line, and the lines of a file.</summary>
internal sealed class PromptOptions
{
    private const int MostPrompts = 100_000, LongestPrompt = 10_000;

    private readonly Argument<string[]> prompts = new("prompt") { Description = "What to hear, one sound each", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> file = new("--file") { Description = "A text file with a prompt a line; - for stdin. Empty lines and lines after # are left out" };

    public PromptOptions(Command command)
    {
        command.Add(prompts);
        command.Add(file);
    }

    /// <summary>All prompts in order.</summary>
    /// <exception cref="UsageException">There are too many, or one is too long.</exception>
    /// <exception cref="AudioCraftException">The file cannot be read.</exception>
    public IReadOnlyList<string> Read(ParseResult line, TextReader input)
    {
        List<string> all = [.. line.GetValue(prompts) ?? []];
        if (line.GetValue(file) is { } path)
        {
            all.AddRange(Lines(path, input));
        }

        if (all.Count > MostPrompts)
        {
            throw new UsageException($"There are {all.Count} prompts; at most {MostPrompts} are taken at once.");
        }

        return all.Find(prompt => prompt.Length > LongestPrompt) is { } longest
            ? throw new UsageException($"A prompt has {longest.Length} characters; at most {LongestPrompt} are taken.")
            : all;
    }

    private static List<string> Lines(string path, TextReader input)
    {
        try
        {
            using var reader = path == "-" ? null : new StreamReader(path);
            var lines = new List<string>();
            for (var line = (reader ?? input).ReadLine(); line is not null && lines.Count <= MostPrompts; line = (reader ?? input).ReadLine())
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
