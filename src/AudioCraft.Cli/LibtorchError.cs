namespace AudioCraft.Cli;

/// <summary>Recognizes errors of loading libtorch, for which TorchSharp throws several types of exceptions.</summary>
internal static class LibtorchError
{
    /// <summary>The message for the user, or null for other errors.</summary>
    public static string? Explain(Exception error) => Reason(error) is { } reason
        ? $"libtorch could not be loaded: {reason} `audiocraft devices` shows the cause and what to do."
        : null;

    /// <summary>The loader's message in one line; null for other errors.</summary>
    public static string? Reason(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            // Other native libraries can be missing as well.
            if (inner is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException or FileNotFoundException or FileLoadException
                && inner.Message.Contains("torch", StringComparison.OrdinalIgnoreCase))
            {
                return OneLine(inner.Message);
            }
        }

        return null;
    }

    /// <summary>A message in one line. .NET puts general advice before what the dynamic loader reported: only the latter is kept.</summary>
    public static string OneLine(string text)
    {
        var lines = text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join(' ', lines is [var first, _, ..] && first.Contains("LD_DEBUG", StringComparison.Ordinal) ? lines[1..] : lines);
    }
}
