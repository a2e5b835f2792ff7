using AudioCraft;
using AudioCraft.NAudio;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary><c>POST /v1/convert?to=flac</c> (or <c>wav</c>): an audio file to 16-bit WAV or FLAC with the same sample rate, channels and level.</summary>
internal static class ConvertEndpoint
{
    /// <summary>16 bits, unchanged level; values beyond full scale are clipped.</summary>
    public static readonly AudioWriteOptions Unchanged = new() { Normalization = AudioNormalization.Clip, PeakClipHeadroomDb = 0 };

    public static async Task<FileStreamHttpResult> Post(string? to, Conversions conversions, IOptions<BoardOptions> options, HttpContext context)
    {
        var (format, type) = to switch
        {
            "wav" => (SoundFormat.Wav, "audio/wav"),
            "flac" => (SoundFormat.Flac, "audio/flac"),
            _ => throw Refusal.BadRequest($"'to' is '{to}', but wav or flac was expected."),
        };
        await using var file = await Upload.SoundFileAsync(context.Request, options.Value);
        var converted = await conversions.RunAsync(context, () => Task.FromResult(Convert(file, format, options.Value)));
        return TypedResults.File(converted, type, $"sound.{to}");
    }

    private static FileStream Convert(Stream file, SoundFormat format, BoardOptions board)
    {
        var (wav, rate) = Upload.Read(file, board);
        using (wav)
        {
            try
            {
                return TemporaryFile.Write(output => NAudioFile.Write(output, format, wav, rate, Unchanged));
            }
            catch (Exception error) when (error is ArgumentException or AudioCraftException)
            {
                // For example a sample rate that the format cannot store.
                throw Refusal.BadRequest($"The audio cannot be stored as {format}: {error.Message}");
            }
        }
    }
}
