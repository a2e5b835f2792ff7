using AudioCraft.NAudio;
using static TorchSharp.torch;

namespace SoundBoard;

/// <summary>The body of a request: bytes within the limits, and the sound in them.</summary>
internal static class Upload
{
    private const int MinRate = 4_000, MaxRate = 384_000, MaxChannels = 8;

    /// <summary>More than any sound of the allowed length has at usual rates: what a small compressed file may unpack to.</summary>
    private const int SamplesPerSecond = 8 * 48_000;

    private const string AnyBytes = "application/octet-stream";

    /// <summary>The body, if it is of a kind that may hold a sound file.</summary>
    /// <exception cref="Refusal">The type is another, or there is too much or nothing.</exception>
    public static Task<MemoryStream> SoundFileAsync(HttpRequest request, BoardOptions board) =>
        BytesAsync(request, board, type => type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) || Is(type, "application/ogg") || Is(type, AnyBytes), "audio/wav or another audio type");

    /// <summary>The body, if it may be an .ecdc file.</summary>
    /// <exception cref="Refusal">The type is another, or there is too much or nothing.</exception>
    public static Task<MemoryStream> CodesAsync(HttpRequest request, BoardOptions board) => BytesAsync(request, board, type => Is(type, AnyBytes), "an .ecdc file");

    /// <summary>The sound of a file, [C, T] float32, which the caller owns, and its rate in hertz.</summary>
    /// <exception cref="Refusal">It is empty, too long, or of an unheard-of rate.</exception>
    /// <exception cref="AudioCraft.AudioFormatException">It is damaged, or of a format that is not read.</exception>
    public static (Tensor Wav, int SampleRate) Read(MemoryStream file, BoardOptions board)
    {
        var (wav, rate) = NAudioFile.Read(file, (long)(board.MaxUploadSeconds * SamplesPerSecond));
        try
        {
            Check(wav.size(0), wav.size(1), rate, board);
            return (wav, rate);
        }
        catch
        {
            wav.Dispose();
            throw;
        }
    }

    /// <exception cref="Refusal">A sound of so many seconds is too long.</exception>
    public static void RequireLength(double seconds, BoardOptions board)
    {
        if (seconds > board.MaxUploadSeconds)
        {
            throw Refusal.TooLarge(FormattableString.Invariant($"The sound lasts {seconds:0.#} s, but at most {board.MaxUploadSeconds} s are taken."));
        }
    }

    private static void Check(long channels, long frames, int rate, BoardOptions board)
    {
        if (frames == 0)
        {
            throw Refusal.BadRequest("The file holds no sound.");
        }

        if (rate is < MinRate or > MaxRate)
        {
            throw Refusal.BadRequest($"The sound has {rate} samples a second, but {MinRate} to {MaxRate} are taken.");
        }

        if (channels > MaxChannels)
        {
            throw Refusal.BadRequest($"The sound has {channels} channels, but at most {MaxChannels} are taken.");
        }

        RequireLength((double)frames / rate, board);
    }

    private static bool Is(string type, string expected) => type.Equals(expected, StringComparison.OrdinalIgnoreCase);

    private static async Task<MemoryStream> BytesAsync(HttpRequest request, BoardOptions board, Func<string, bool> isTaken, string expected)
    {
        var type = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (!isTaken(type))
        {
            throw Refusal.UnsupportedType($"The body is of type '{type}', but {expected}, or {AnyBytes}, was expected: the file itself, not a form.");
        }

        if (request.ContentLength > board.MaxUploadBytes)
        {
            throw TooMany(board);
        }

        // What is announced is not taken for granted: memory grows with what comes.
        var body = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is var read and > 0)
        {
            if (body.Length + read > board.MaxUploadBytes)
            {
                throw TooMany(board);
            }

            body.Write(buffer, 0, read);
        }

        body.Position = 0;
        return body.Length > 0 ? body : throw Refusal.BadRequest("The body is empty.");
    }

    private static Refusal TooMany(BoardOptions board) => Refusal.TooLarge($"The body has more than the {board.MaxUploadBytes} bytes that are taken.");
}
