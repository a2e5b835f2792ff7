using AudioCraft;
using AudioCraft.NAudio;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary><c>POST /v1/convert?to=flac</c> (or <c>wav</c>): a sound file of any kind that can be read, as 16-bit WAV or FLAC with the same rate, channels and level.</summary>
internal static class ConvertEndpoint
{
    /// <summary>16 bits; what is beyond full scale is cut off.</summary>
    public static readonly AudioWriteOptions AsItIs = new() { Strategy = AudioNormalization.Clip, PeakClipHeadroomDb = 0 };

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
            NAudioFile.Write(bytes, format, wav, rate, AsItIs);
            return TypedResults.File(bytes.ToArray(), type, $"sound.{to}");
        }
    }
}
