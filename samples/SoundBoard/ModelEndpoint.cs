using AudioCraft.Hosting;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>The data for the page: the model, the bitrates of the codec, the limits and the queue length.</summary>
internal sealed record BoardModel(
    string Name, SoundModelState State, string? Reason, int Queue, string? Device, int? SampleRate, int? Channels, BoardCodec? Codec, IReadOnlyList<BitRate> Rates,
    double MaxSeconds, int MaxPromptLength, double MaxGuidance, long MaxUploadBytes, double MaxUploadSeconds, double Seconds, double Guidance, IReadOnlyList<string> Kinds,
    IReadOnlyList<string> Ideas);

/// <summary>The codec for files: its kind, such as EnCodec, the model that contains it, its format, and the size of a codebook.</summary>
internal sealed record BoardCodec(string Kind, string Model, int SampleRate, int Channels, int Codebooks, int Cardinality);

/// <summary>The kinds of audio that a prompt mentions, and whether the model was trained on what it describes.</summary>
internal sealed record PromptKinds(IReadOnlyList<string> Matches, bool Known);

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
            board.ModelName, status.State, status.Reason, generator.QueueLength, info?.Device, info?.SampleRate, info?.Channels,
            codec.Info is { } c ? new BoardCodec(c.CodecKind, board.CodecModelName, c.SampleRate, c.Channels, c.TotalCodebooks, c.Cardinality) : null,
            codec.Info is { } coding ? RatesOf(coding) : [],
            board.MaxSeconds, board.MaxPromptLength, GenerateRequest.MaxGuidance, board.MaxUploadBytes, board.MaxUploadSeconds,
            Math.Min(defaults?.Duration ?? board.MaxSeconds, board.MaxSeconds), defaults?.CfgCoef ?? 3, info?.KnownKinds.Names ?? [], board.Ideas);
    }

    /// <summary><c>GET /v1/kinds?prompt=rain</c></summary>
    public static async Task<PromptKinds> Kinds(string? prompt, ISoundGenerator generator, IOptions<BoardOptions> options, CancellationToken cancellationToken)
    {
        if (prompt?.Length > options.Value.MaxPromptLength)
        {
            throw Refusal.BadRequest($"The prompt has {prompt.Length} characters, but at most {options.Value.MaxPromptLength} are allowed.");
        }

        var kinds = (await generator.LoadAsync(cancellationToken)).KnownKinds;
        return new PromptKinds(kinds.Match(prompt ?? ""), kinds.Includes(prompt));
    }

    private static List<BitRate> RatesOf(SoundModelInfo codec) =>
    [
        .. Enumerable.Range(1, codec.TotalCodebooks)
            .Where(count => codec.TotalCodebooks <= MostListed || int.IsPow2(count) || count == codec.TotalCodebooks)
            .Select(count => new BitRate(count, codec.BitsPerSecond(count) / 1000)),
    ];
}
