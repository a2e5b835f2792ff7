namespace AudioCraft.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>All that was asked for is there.</summary>
    public const int Success = 0;

    /// <summary>A file, a model, the network or the machine stood in the way; one line on stderr says what.</summary>
    public const int Failure = 1;

    /// <summary>The command line asks for something that there is not, or a value is out of its range.</summary>
    public const int Misuse = 2;

    /// <summary>Ctrl-C or SIGTERM: what was finished before is there whole, nothing is there in part.</summary>
    public const int Cancelled = 130;
}
