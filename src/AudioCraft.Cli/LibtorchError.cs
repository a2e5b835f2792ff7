namespace AudioCraft.Cli;

/// <summary>Tells, of an error of whatever kind, whether it means that libtorch is missing or does not fit: TorchSharp throws half a dozen kinds for that.</summary>
internal static class LibtorchError
{
    /// <summary>One plain sentence, or null where the error is another.</summary>
    public static string? Explain(Exception error) => Reason(error) is { } reason
        ? $"libtorch could not be loaded: {reason} `audiocraft devices` shows the cause and what to do."
        : null;

    /// <summary>What the loader said, in one line; null where the error is not about loading libtorch.</summary>
    public static string? Reason(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            // Other native libraries may lack too, and are another matter.
            if (inner is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException or FileNotFoundException or FileLoadException
                && inner.Message.Contains("torch", StringComparison.OrdinalIgnoreCase))
            {
                return OneLine(inner.Message);
            }
        }

        return null;
    }

    /// <summary>A message without line breaks, at most 300 characters.</summary>
    public static string OneLine(string text)
    {
        const int longest = 300;
        var line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.Length <= longest ? line : line[..longest] + "…";
    }
}
