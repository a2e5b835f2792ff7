namespace SoundBoard;

/// <summary>A request that is not carried out, because of what it asks for: it becomes an answer of this status with this sentence.</summary>
internal sealed class Refusal(int status, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public static Refusal BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static Refusal TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, detail);

    public static Refusal UnsupportedType(string detail) => new(StatusCodes.Status415UnsupportedMediaType, detail);
}
