using System.Buffers;
using AudioCraft;
using AudioCraft.Hosting;
using AudioCraft.NAudio;
using static TorchSharp.torch;

namespace SoundBoard;

/// <summary>Reads the body of a request within the limits.</summary>
internal static class Upload
{
    private const int MinRate = 4_000, MaxRate = 192_000, MaxChannels = 8, BufferBytes = 1 << 16;

    /// <summary>The limit for decompressed samples: 8 channels at 48 kHz.</summary>
    private const int SamplesPerSecond = 8 * 48_000;

    private const string AnyBytes = "application/octet-stream";

    /// <summary>Receives an audio file.</summary>
    /// <returns>A temporary file, owned by the caller.</returns>
    /// <exception cref="Refusal">The content type is not supported, or the body is empty or too large.</exception>
    public static Task<FileStream> SoundFileAsync(HttpRequest request, BoardOptions board) =>
        FileAsync(request, board, type => type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) || Is(type, "application/ogg") || Is(type, AnyBytes), "audio/wav or another audio type");

    /// <summary>Receives an .ecdc file.</summary>
    /// <returns>A temporary file, owned by the caller.</returns>
    /// <exception cref="Refusal">The content type is not supported, or the body is empty or too large.</exception>
    public static Task<FileStream> CodesAsync(HttpRequest request, BoardOptions board) => FileAsync(request, board, type => Is(type, AnyBytes), "an .ecdc file");

    /// <summary>Receives a small body in memory.</summary>
    /// <exception cref="Refusal">The body is empty or too large.</exception>
    public static async Task<MemoryStream> BytesAsync(HttpRequest request, long maxBytes)
    {
        var body = new MemoryStream();
        await CopyAsync(request, body, maxBytes);
        return body;
    }

    /// <summary>Decodes a file to [C, T] float32, owned by the caller, and the sample rate in hertz.</summary>
    /// <exception cref="Refusal">The audio is empty or too long, or its format or sample rate is not supported.</exception>
    /// <exception cref="AudioFormatException">The file is damaged, or its format is unknown.</exception>
    public static (Tensor Wav, int SampleRate) Read(Stream file, BoardOptions board)
    {
        Tensor wav;
        int rate;
        try
        {
            (wav, rate) = NAudioFile.Read(file, (long)(board.MaxUploadSeconds * SamplesPerSecond));
        }
        catch (AudioCraftException error) when (error is not AudioFormatException)
        {
            throw Refusal.UnsupportedType($"The server cannot decode this format: {error.Message}");
        }

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

    /// <summary>Decodes a file to [C, T] float32 with the channels and the sample rate of a codec, owned by the caller.</summary>
    /// <exception cref="Refusal">The audio cannot be converted, or as for <see cref="Read"/>.</exception>
    /// <exception cref="AudioFormatException">The file is damaged, or its format is unknown.</exception>
    public static Tensor ReadFor(Stream file, SoundModelInfo codec, BoardOptions board)
    {
        var (wav, rate) = Read(file, board);
        using (wav)
        {
            try
            {
                // Mixed first: then only the channels of the codec are resampled.
                using var mixed = AudioConversion.ConvertChannels(wav, codec.Channels);
                return AudioConversion.Resample(mixed, rate, codec.SampleRate);
            }
            catch (ArgumentException error)
            {
                throw Refusal.BadRequest($"The audio cannot be converted: {error.Message}");
            }
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

    private static async Task<FileStream> FileAsync(HttpRequest request, BoardOptions board, Func<string, bool> isTaken, string expected)
    {
        var type = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (!isTaken(type))
        {
            throw Refusal.UnsupportedType($"The content type is '{type}', but {expected} or {AnyBytes} was expected: the file itself, not a form.");
        }

        if (request.ContentLength > board.MaxUploadBytes)
        {
            throw TooLarge(board.MaxUploadBytes);
        }

        var file = TemporaryFile.Create();
        try
        {
            await CopyAsync(request, file, board.MaxUploadBytes);
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    // Content-Length is not trusted: the copy grows with the received bytes.
    private static async Task CopyAsync(HttpRequest request, Stream body, long maxBytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is var read and > 0)
            {
                if (body.Length + read > maxBytes)
                {
                    throw TooLarge(maxBytes);
                }

                await body.WriteAsync(buffer.AsMemory(0, read), request.HttpContext.RequestAborted);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (body.Length == 0)
        {
            throw Refusal.BadRequest("The body is empty.");
        }

        body.Position = 0;
    }

    private static Refusal TooLarge(long maxBytes) => Refusal.TooLarge($"The body is larger than {maxBytes} bytes.");
}
