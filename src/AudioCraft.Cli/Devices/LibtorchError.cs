namespace AudioCraft.Cli.Devices;

/// <summary>Recognizes errors of loading libtorch, for which TorchSharp throws several types of exceptions with the same advice for all causes.</summary>
internal static class LibtorchError
{
    private const string Advice = "`audiocraft devices` shows what to do.";

    /// <summary>Checks the native libraries without loading them: loading a truncated one would end the process.</summary>
    /// <exception cref="AudioCraftException">One is damaged.</exception>
    public static void ThrowIfDamaged()
    {
        if (NativeFiles.Damage() is { } damage)
        {
            throw new AudioCraftException($"libtorch cannot be loaded: {damage} {Advice}");
        }
    }

    /// <summary>The message for the user, or null for other errors.</summary>
    public static string? Explain(Exception error) => Reason(error) is { } reason ? $"libtorch cannot be loaded: {Sentence(Cause() ?? reason)} {Advice}" : null;

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";

    /// <summary>The cause as the dynamic loader reports it; null if it loads TorchSharp's library, or there is none.</summary>
    public static string? Cause() => NativeFiles.Damage() ?? NativeFiles.LoaderError() ?? NativeFiles.Missing();

    /// <summary>The exception's message in one line; null for other errors.</summary>
    public static string? Reason(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            // Other native libraries can be missing as well, and a file of a checkpoint can be named after PyTorch.
            var isLoadError = inner is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or FileLoadException
                || (inner is NotSupportedException or FileNotFoundException && inner.Message.Contains("TorchSharp", StringComparison.Ordinal));
            if (isLoadError && inner.Message.Contains("torch", StringComparison.OrdinalIgnoreCase))
            {
                return OneLine(inner.Message);
            }
        }

        return null;
    }

    /// <summary>
    /// A message in one line. .NET puts general advice before what the dynamic loader reported, of which the first line is the cause; TorchSharp appends a trace of its attempts.
    /// </summary>
    public static string OneLine(string text)
    {
        var lines = text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "" : lines.Length > 1 && lines[0].Contains("LD_DEBUG", StringComparison.Ordinal) ? lines[1] : lines[0];
    }
}
