namespace AudioCraft;

/// <summary>A file could not be had from the Hugging Face Hub or its cache. The message says what to do about it.</summary>
public sealed class HubException : AudioCraftException
{
    /// <summary>Creates the exception with its kind and a sentence that says what to do.</summary>
    public HubException(HubError error, string message) : base(message) => Error = error;

    /// <summary>Creates the exception with its kind, a sentence and what led to it.</summary>
    public HubException(HubError error, string message, Exception innerException) : base(message, innerException) => Error = error;

    /// <summary>What went wrong.</summary>
    public HubError Error { get; }
}
