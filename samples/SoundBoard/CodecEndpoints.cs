using System.Globalization;
using AudioCraft;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary><c>POST /v1/encode?codebooks=2</c>: an audio file to an .ecdc file. <c>POST /v1/decode</c>: back to WAV.</summary>
internal static class CodecEndpoints
{
    public const string CodecName = "codec", KbpsHeader = "AudioCraft-Kbps", CodebooksHeader = "AudioCraft-Codebooks";

    public static async Task<FileContentHttpResult> Encode(
        int? codebooks, [FromKeyedServices(CodecName)] ISoundCodec codec, IOptions<BoardOptions> options, HttpContext context)
    {
        var board = options.Value;
        var info = await codec.LoadAsync(context.RequestAborted);
        var count = codebooks ?? info.Codebooks;
        if (count < 1 || count > info.TotalCodebooks)
        {
            throw Refusal.BadRequest($"'codebooks' is {count}, but 1 to {info.TotalCodebooks} was expected.");
        }

        using var file = await Upload.SoundFileAsync(context.Request, board);
        var (wav, rate) = Upload.Read(file, board);
        using var sound = wav;
        var bytes = await codec.RunAsync((model, cancellationToken) => EcdcFile.CompressToArray(EncodecOf(model), sound, rate, new EcdcOptions { Codebooks = count }, cancellationToken: cancellationToken), context.RequestAborted);
        context.Response.Headers[CodebooksHeader] = count.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[KbpsHeader] = (info.BitsPerSecond(count) / 1000).ToString(CultureInfo.InvariantCulture);
        return TypedResults.File(bytes, "application/octet-stream", "sound.ecdc");
    }

    public static async Task<FileContentHttpResult> Decode(
        [FromKeyedServices(CodecName)] ISoundCodec codec, IOptions<BoardOptions> options, HttpContext context)
    {
        var board = options.Value;
        var info = await codec.LoadAsync(context.RequestAborted);
        using var file = await Upload.CodesAsync(context.Request, board);
        Upload.RequireLength((double)EcdcFile.ReadHeader(file).AudioLength / info.SampleRate, board);
        file.Position = 0;
        var bytes = await codec.RunAsync((model, cancellationToken) => Decompress(EncodecOf(model), file, cancellationToken), context.RequestAborted);
        return TypedResults.File(bytes, "audio/wav", "sound.wav");
    }

    private static byte[] Decompress(EncodecModel model, MemoryStream file, CancellationToken cancellationToken)
    {
        var (wav, rate) = EcdcFile.Decompress(model, file, new EcdcOptions { ModelName = EcdcFile.ModelNameOf(model) }, cancellationToken: cancellationToken);
        using (wav)
        {
            if (file.Position != file.Length)
            {
                throw Refusal.BadRequest($"{file.Length - file.Position} bytes follow the audio in the .ecdc file.");
            }

            using var bytes = new MemoryStream();
            AudioFile.Write(bytes, wav, rate, ConvertEndpoint.Unchanged);
            return bytes.ToArray();
        }
    }

    private static EncodecModel EncodecOf(CompressionModel model) =>
        model as EncodecModel ?? throw new Refusal(StatusCodes.Status501NotImplemented, $"The codec is a {model.GetType().Name}, but .ecdc files need EnCodec.");
}
