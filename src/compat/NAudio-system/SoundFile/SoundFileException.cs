namespace NAudio.SoundFile;

/// <summary>libsndfile, or the stream it works on, failed.</summary>
public class SoundFileException : Exception
{
    public SoundFileException(int errorCode, string function, string message) : base($"{function}: {message}")
    {
        ErrorCode = errorCode;
        Function = function;
    }

    public SoundFileException(string message, int errorCode, Exception innerException) : base(message, innerException) => ErrorCode = errorCode;

    public int ErrorCode { get; }

    public string? Function { get; }

    internal static SoundFileException Of(nint file, string function) => new(LibSndFile.Error(file), function, LibSndFile.ErrorText(file));
}
