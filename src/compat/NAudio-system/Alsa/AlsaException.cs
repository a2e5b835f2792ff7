namespace NAudio.Wave.Alsa;

/// <summary>A function of libasound failed.</summary>
public class AlsaException : Exception
{
    public AlsaException(int errorCode, string function) : base($"{function}: {LibAsound.ErrorText(errorCode)}")
    {
        ErrorCode = errorCode;
        Function = function;
    }

    public int ErrorCode { get; }

    public string Function { get; }

    public static void ThrowIfError(int errorCode, string function)
    {
        if (errorCode < 0)
        {
            throw new AlsaException(errorCode, function);
        }
    }
}
