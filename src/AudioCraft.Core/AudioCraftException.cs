namespace AudioCraft;

/// <summary>
/// Something outside the caller's code went wrong: a file, its contents, the weights in it, or the network.
/// Misuse of the API is an <see cref="ArgumentException"/> instead.
/// </summary>
public class AudioCraftException : Exception
{
    /// <summary>Creates the exception with a sentence that names the value and what was expected.</summary>
    public AudioCraftException(string message) : base(message) { }

    /// <summary>Creates the exception with a sentence and what led to it.</summary>
    public AudioCraftException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>A checkpoint is damaged, hostile, incomplete, or not of the kind that was asked for.</summary>
public sealed class CheckpointException : AudioCraftException
{
    /// <inheritdoc cref="AudioCraftException(string)"/>
    public CheckpointException(string message) : base(message) { }

    /// <inheritdoc cref="AudioCraftException(string, Exception)"/>
    public CheckpointException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>An audio file is damaged, hostile, or in a format that is not read.</summary>
public sealed class AudioFormatException : AudioCraftException
{
    /// <inheritdoc cref="AudioCraftException(string)"/>
    public AudioFormatException(string message) : base(message) { }

    /// <inheritdoc cref="AudioCraftException(string, Exception)"/>
    public AudioFormatException(string message, Exception innerException) : base(message, innerException) { }
}
