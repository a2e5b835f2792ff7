using AudioCraft.Formats;

namespace AudioCraft;

/// <summary>
/// The exception for errors outside the caller's code: files, their contents, weights and the network.
/// Misuse of the API throws <see cref="ArgumentException"/> instead. Messages may quote names from files, servers and users; control characters in them are escaped.
/// </summary>
public class AudioCraftException : Exception
{
    private const int MaximumLength = 16 << 10;

    /// <summary>Creates the exception with a message that contains the value and what was expected.</summary>
    public AudioCraftException(string message) : base(PrintableText.Of(message, MaximumLength)) { }

    /// <summary>Creates the exception with a message and the exception that caused it.</summary>
    public AudioCraftException(string message, Exception innerException) : base(PrintableText.Of(message, MaximumLength), innerException) { }
}

/// <summary>The exception for a checkpoint that is damaged, malicious, incomplete, or of another kind than requested.</summary>
public sealed class CheckpointException : AudioCraftException
{
    /// <inheritdoc cref="AudioCraftException(string)"/>
    public CheckpointException(string message) : base(message) { }

    /// <inheritdoc cref="AudioCraftException(string, Exception)"/>
    public CheckpointException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>The exception for an audio file that is damaged, malicious, or in an unsupported format.</summary>
public sealed class AudioFormatException : AudioCraftException
{
    /// <inheritdoc cref="AudioCraftException(string)"/>
    public AudioFormatException(string message) : base(message) { }

    /// <inheritdoc cref="AudioCraftException(string, Exception)"/>
    public AudioFormatException(string message, Exception innerException) : base(message, innerException) { }
}
