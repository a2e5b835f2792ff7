using AudioCraft.NAudio;
using static TorchSharp.torch;

namespace SoundBoard;

/// <summary>Reads the body of a request within the limits.</summary>
internal static class Upload
{
    private const int MinRate = 4_000, MaxRate = 384_000, MaxChannels = 8;

    /// <summary>The limit for decompressed samples: 8 channels at 48 kHz.</summary>
    private const int SamplesPerSecond = 8 * 48_000;

    private const string AnyBytes = "application/octet-stream";

    /// <summary>Reads an audio file.</summary>
    /// <exception cref="Refusal">The content type is not supported, or the body is empty or too large.</exception>
    public static Task<MemoryStream> SoundFileAsync(HttpRequest request, BoardOptions board) =>
        BytesAsync(request, board, type => type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) || Is(type, "application/ogg") || Is(type, AnyBytes), "audio/wav or another audio type");

    /// <summary>Reads an .ecdc file.</summary>
    /// <exception cref="Refusal">The content type is not supported, or the body is empty or too large.</exception>
    public static Task<MemoryStream> CodesAsync(HttpRequest request, BoardOptions board) => BytesAsync(request, board, type => Is(type, AnyBytes), "an .ecdc file");

    /// <summary>Decodes a file to [C, T] float32, owned by the caller, and the sample rate in hertz.</summary>
    /// <exception cref="Refusal">The audio is empty or too long, or its sample rate is not supported.</exception>
    /// <exception cref="AudioCraft.AudioFormatException">The file is damaged, or its format is not supported.</exception>
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

    /// <exception cref="Refusal">The duration exceeds the limit.</exception>
    public static void RequireLength(double seconds, BoardOptions board)
    {
        if (seconds > board.MaxUploadSeconds)
        {
            throw Refusal.TooLarge(FormattableString.Invariant($"The audio has {seconds:0.#} s, but at most {board.MaxUploadSeconds} s are allowed."));
        }
    }

    private static void Check(long channels, long frames, int rate, BoardOptions board)
    {
        if (frames == 0)
        {
            throw Refusal.BadRequest("The file contains no audio.");
        }

        if (rate is < MinRate or > MaxRate)
        {
            throw Refusal.BadRequest($"The sample rate is {rate} Hz, but {MinRate} to {MaxRate} Hz are supported.");
        }

        if (channels > MaxChannels)
        {
            throw Refusal.BadRequest($"The audio has {channels} channels, but at most {MaxChannels} are supported.");
        }

        RequireLength((double)frames / rate, board);
    }

    private static bool Is(string type, string expected) => type.Equals(expected, StringComparison.OrdinalIgnoreCase);

    private static async Task<MemoryStream> BytesAsync(HttpRequest request, BoardOptions board, Func<string, bool> isTaken, string expected)
    {
        var type = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (!isTaken(type))
        {
            throw Refusal.UnsupportedType($"The content type is '{type}', but {expected} or {AnyBytes} was expected: the file itself, not a form.");
        }

        if (request.ContentLength > board.MaxUploadBytes)
        {
            throw TooMany(board);
        }

        // Content-Length is not trusted: memory grows with the received bytes.
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

    private static Refusal TooMany(BoardOptions board) => Refusal.TooLarge($"The body is larger than {board.MaxUploadBytes} bytes.");
}
