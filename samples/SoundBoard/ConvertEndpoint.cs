using AudioCraft;
using AudioCraft.NAudio;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary><c>POST /v1/convert?to=flac</c> (or <c>wav</c>): an audio file to 16-bit WAV or FLAC with the same sample rate, channels and level.</summary>
internal static class ConvertEndpoint
{
    /// <summary>16 bits, unchanged level; values beyond full scale are clipped.</summary>
    public static readonly AudioWriteOptions Unchanged = new() { Strategy = AudioNormalization.Clip, PeakClipHeadroomDb = 0 };

    public static async Task<FileContentHttpResult> Post(string? to, IOptions<BoardOptions> options, HttpContext context)
    {
        var (format, type) = to switch
        {
            "wav" => (SoundFormat.Wav, "audio/wav"),
            "flac" => (SoundFormat.Flac, "audio/flac"),
            _ => throw Refusal.BadRequest($"'to' is '{to}', but wav or flac was expected."),
        };
        using var file = await Upload.SoundFileAsync(context.Request, options.Value);
        var (wav, rate) = Upload.Read(file, options.Value);
        using (wav)
        {
            using var bytes = new MemoryStream();
            NAudioFile.Write(bytes, format, wav, rate, Unchanged);
            return TypedResults.File(bytes.ToArray(), type, $"sound.{to}");
        }
    }
}
