using System.Globalization;
using AudioCraft;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace SoundBoard;

/// <summary><c>POST /v1/encode?codebooks=2</c>: an audio file to an .ecdc file. <c>POST /v1/decode</c>: back to WAV.</summary>
internal static class CodecEndpoints
{
    public const string CodecName = "codec", KbpsHeader = "AudioCraft-Kbps", CodebooksHeader = "AudioCraft-Codebooks";

    private const int LongestName = 64;

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
        var bytes = await codec.RunAsync((model, cancellationToken) => Compress(EncodecOf(model), sound, rate, count, NameOf(board, info), cancellationToken), context.RequestAborted);
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
        var bytes = await codec.RunAsync((model, cancellationToken) => Decompress(EncodecOf(model), file, NameOf(board, info), cancellationToken), context.RequestAborted);
        return TypedResults.File(bytes, "audio/wav", "sound.wav");
    }

    private static byte[] Compress(EncodecModel model, Tensor wav, int rate, int codebooks, string? name, CancellationToken cancellationToken)
    {
        var usual = model.NumCodebooks;
        model.SetNumCodebooks(codebooks);
        try
        {
            return EcdcFile.CompressToArray(model, wav, rate, new EcdcOptions { ModelName = name }, cancellationToken: cancellationToken);
        }
        finally
        {
            model.SetNumCodebooks(usual);
        }
    }

    private static byte[] Decompress(EncodecModel model, MemoryStream file, string? name, CancellationToken cancellationToken)
    {
        var (wav, rate) = EcdcFile.Decompress(model, file, new EcdcOptions { ModelName = name }, cancellationToken: cancellationToken);
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

    /// <summary>The name in files: null for upstream's standard name if the codec has one, otherwise the last part of the model's name.</summary>
    private static string? NameOf(BoardOptions board, SoundModelInfo info)
    {
        if ((info.SampleRate, info.Channels) is (24000, 1) or (48000, 2))
        {
            return null;
        }

        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(board.Codec ?? board.Model));
        var plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-'));
        return plain.Length == 0 ? "codec" : plain[..Math.Min(plain.Length, LongestName)];
    }
}
