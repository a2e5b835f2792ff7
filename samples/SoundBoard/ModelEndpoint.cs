using AudioCraft.Hosting;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>The data for the page: the model, the bitrates of the codec, the limits and the queue length.</summary>
internal sealed record BoardModel(
    string Name, SoundModelState State, string? Reason, int Queue, string? Device, int? SampleRate, int? Channels, IReadOnlyList<BitRate> Rates,
    double MaxSeconds, int MaxPromptLength, double MaxGuidance, long MaxUploadBytes, double MaxUploadSeconds, double Seconds, double Guidance, IReadOnlyList<string> Ideas);

/// <summary>A number of codebooks and its bitrate in kb/s.</summary>
internal sealed record BitRate(int Codebooks, double Kbps);

/// <summary><c>GET /v1/model</c></summary>
internal static class ModelEndpoint
{
    /// <summary>For codecs with more codebooks, only powers of two are listed.</summary>
    private const int MostListed = 8;

    public static BoardModel Get(ISoundGenerator generator, [FromKeyedServices(CodecEndpoints.CodecName)] ISoundCodec codec, IOptions<BoardOptions> options)
    {
        var board = options.Value;
        var (status, info) = (generator.Status, generator.Info);
        var defaults = info?.Defaults;
        return new BoardModel(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(board.Model)), status.State, status.Reason, generator.QueueLength, info?.Device, info?.SampleRate, info?.Channels,
            codec.Info is { } coding ? RatesOf(coding) : [],
            board.MaxSeconds, board.MaxPromptLength, GenerateRequest.MaxGuidance, board.MaxUploadBytes, board.MaxUploadSeconds,
            Math.Min(defaults?.Duration ?? board.MaxSeconds, board.MaxSeconds), defaults?.CfgCoef ?? 3, board.Ideas);
    }

    private static List<BitRate> RatesOf(SoundModelInfo codec) =>
    [
        .. Enumerable.Range(1, codec.TotalCodebooks)
            .Where(count => codec.TotalCodebooks <= MostListed || int.IsPow2(count) || count == codec.TotalCodebooks)
            .Select(count => new BitRate(count, codec.BitsPerSecond(count) / 1000)),
    ];
}
