namespace SoundBoard;

/// <summary>An invalid request, with the status and the detail of the response.</summary>
internal sealed class Refusal(int status, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public static Refusal BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static Refusal TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, detail);

    public static Refusal UnsupportedType(string detail) => new(StatusCodes.Status415UnsupportedMediaType, detail);
}
