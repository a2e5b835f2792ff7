namespace AudioCraft.Cli;

/// <summary>Exit codes.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Success = 0;

    /// <summary>A file, a model, the network or the machine caused an error, which one line on stderr describes.</summary>
    public const int Failure = 1;

    /// <summary>The command line is invalid, or a value is out of range.</summary>
    public const int Misuse = 2;

    /// <summary>Ctrl-C or SIGTERM. Completed files are kept; incomplete ones are removed.</summary>
    public const int Canceled = 130;
}
