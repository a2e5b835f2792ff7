using System.Text.Json;

namespace AudioCraft.Checkpoints;

/// <summary>Reads a <c>config.json</c> of transformers' <c>DacConfig</c>. What is left out has the defaults there: 16 kHz, 64 and 1536 channels, 9 codebooks.</summary>
internal static class DacHubConfig
{
    private const int MostItems = 1024;

    public static bool IsDac(JsonElement config) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "dac";

    /// <exception cref="CheckpointException">A value is not of the kind it should be; the message names it.</exception>
    public static DacConfig Read(JsonElement config, string source)
    {
        var rates = Integers(config, "downsampling_ratios", source) ?? [2, 4, 8, 8];
        return new DacConfig
        {
            SampleRate = Integer(config, "sampling_rate", source) ?? 16000,
            EncoderDimension = Integer(config, "encoder_hidden_size", source) ?? 64,
            EncoderRates = rates,
            LatentDimension = Integer(config, "hidden_size", source),
            DecoderDimension = Integer(config, "decoder_hidden_size", source) ?? 1536,
            DecoderRates = Integers(config, "upsampling_ratios", source) ?? [.. rates.Reverse()],
            NumCodebooks = Integer(config, "n_codebooks", source) ?? 9,
            Cardinality = Integer(config, "codebook_size", source) ?? 1024,
            CodebookDimensions = Integers(config, "codebook_dim", source) ?? [8],
            QuantizerDropout = Number(config, "quantizer_dropout", source) ?? 0,
        };
    }

    private static int? Integer(JsonElement config, string name, string source) =>
        Find(config, name) is not { } value ? null : Integer(value) ?? throw Wrong(value, name, "an integer", source);

    private static int? Integer(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    /// <summary>A list of integers, or one alone.</summary>
    private static int[]? Integers(JsonElement config, string name, string source)
    {
        if (Find(config, name) is not { } value)
        {
            return null;
        }

        int?[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Take(MostItems + 1).Select(Integer)] : [Integer(value)];
        return items.Length is > 0 and <= MostItems && items.All(i => i is not null)
            ? [.. items.Select(i => i!.Value)]
            : throw Wrong(value, name, $"1 to {MostItems} integers", source);
    }

    private static double? Number(JsonElement config, string name, string source) => Find(config, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => 1,
        { ValueKind: JsonValueKind.False } => 0,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) => number,
        { } value => throw Wrong(value, name, "a number", source),
    };

    private static JsonElement? Find(JsonElement config, string name) =>
        config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static CheckpointException Wrong(JsonElement value, string name, string expected, string source)
    {
        var text = value.GetRawText();
        return new CheckpointException($"{source}: {name} is {(text.Length > 40 ? text[..40] + "…" : text)}; {expected} is expected.");
    }
}
