namespace AudioCraft.Formats;

/// <summary>An error of the file that is written, as opposed to one of the code that produces its contents. The inner exception is that of the system.</summary>
internal sealed class OutputException(Exception cause) : IOException(cause.Message, cause)
{
    /// <summary>Calls an operation on the file.</summary>
    /// <exception cref="OutputException">It failed.</exception>
    public static void Wrap(Action operation) => Wrap(() =>
    {
        operation();
        return true;
    });

    /// <inheritdoc cref="Wrap(Action)"/>
    public static T Wrap<T>(Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception error) when (error is (IOException and not OutputException) or UnauthorizedAccessException or NotSupportedException)
        {
            throw new OutputException(error);
        }
    }
}
