namespace AudioCraft;

/// <summary>A file could not be downloaded from the Hugging Face Hub or read from its cache. The message says what to do.</summary>
public sealed class HubException : AudioCraftException
{
    /// <summary>Creates the exception with its error and a message that says what to do.</summary>
    public HubException(HubError error, string message) : base(message) => Error = error;

    /// <summary>Creates the exception with its error, a message and its cause.</summary>
    public HubException(HubError error, string message, Exception innerException) : base(message, innerException) => Error = error;

    /// <summary>What went wrong.</summary>
    public HubError Error { get; }
}
