namespace TextToSound;

/// <summary>Names for WAV files, made from what they sound like. A name that is taken gets a number.</summary>
internal sealed class FileNames(string directory)
{
    private const int Longest = 60;

    // Windows takes these for devices, whatever the extension.
    private static readonly string[] Reserved = ["con", "prn", "aux", "nul"];

    public string Next(string description)
    {
        var words = string.Concat(description.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' '));
        var name = string.Join('-', words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        name = (name.Length > Longest ? name[..Longest] : name).Trim('-');
        if (name.Length == 0 || Reserved.Contains(name) || name.Length == 4 && (name.StartsWith("com", StringComparison.Ordinal) || name.StartsWith("lpt", StringComparison.Ordinal)))
        {
            name = $"sound-{name}".TrimEnd('-');
        }

        var path = Path.Combine(directory, $"{name}.wav");
        for (var number = 2; File.Exists(path); number++)
        {
            path = Path.Combine(directory, $"{name}-{number}.wav");
        }

        return path;
    }
}
