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
        int? codebooks, [FromKeyedServices(CodecName)] ISoundCodec codec, Conversions conversions, IOptions<BoardOptions> options, HttpContext context)
    {
        var board = options.Value;
        var info = await codec.LoadAsync(context.RequestAborted);
        var count = codebooks ?? info.Codebooks;
        if (count < 1 || count > info.TotalCodebooks)
        {
            throw Refusal.BadRequest($"'codebooks' is {count}, but 1 to {info.TotalCodebooks} was expected.");
        }

        await using var file = await Upload.SoundFileAsync(context.Request, board);
        var bytes = await conversions.RunAsync(context, async () =>
        {
            // Decoding and resampling do not occupy the codec.
            using var wav = Upload.ReadFor(file, info, board);
            return await codec.ForClient(RateLimits.ClientOf(context)).RunAsync(
                (model, stop) => EcdcFile.CompressToArray(EncodecOf(model), wav, info.SampleRate, new EcdcOptions { Codebooks = count }, cancellationToken: stop), context.RequestAborted);
        });
        context.Response.Headers[CodebooksHeader] = count.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[KbpsHeader] = (info.BitsPerSecond(count) / 1000).ToString(CultureInfo.InvariantCulture);
        return TypedResults.File(bytes, "application/octet-stream", "sound.ecdc");
    }

    public static async Task<FileStreamHttpResult> Decode(
        [FromKeyedServices(CodecName)] ISoundCodec codec, Conversions conversions, IOptions<BoardOptions> options, HttpContext context)
    {
        var board = options.Value;
        var info = await codec.LoadAsync(context.RequestAborted);
        await using var file = await Upload.CodesAsync(context.Request, board);
        var header = EcdcFile.ReadHeader(file);
        if (header.UsesLanguageModel)
        {
            throw Refusal.BadRequest("The .ecdc file is compressed with a language model, which this server does not have: compress it without one.");
        }

        Upload.RequireLength((double)header.AudioLength / info.SampleRate, board);
        file.Position = 0;
        var wav = await conversions.RunAsync(context, () => codec.ForClient(RateLimits.ClientOf(context)).RunAsync(
            (model, cancellationToken) => Decompress(EncodecOf(model), file, cancellationToken), context.RequestAborted));
        return TypedResults.File(wav, "audio/wav", "sound.wav");
    }

    private static FileStream Decompress(EncodecModel model, Stream file, CancellationToken cancellationToken)
    {
        var (wav, rate) = EcdcFile.Decompress(model, file, new EcdcOptions { ModelName = EcdcFile.ModelNameOf(model) }, cancellationToken: cancellationToken);
        using (wav)
        {
            return file.Position == file.Length
                ? TemporaryFile.Write(output => AudioFile.Write(output, wav, rate, ConvertEndpoint.Unchanged))
                : throw new AudioFormatException($"{file.Length - file.Position} bytes follow the audio in the .ecdc file.");
        }
    }

    private static EncodecModel EncodecOf(CompressionModel model) =>
        model as EncodecModel ?? throw new Refusal(StatusCodes.Status501NotImplemented, $"The codec is a {model.GetType().Name}, but .ecdc files need EnCodec.");
}
