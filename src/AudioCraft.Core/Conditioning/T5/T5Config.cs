using System.Text.Json;

namespace AudioCraft.Conditioning;

/// <summary>
/// The sizes of a T5 encoder (Raffel et al. 2020, "Exploring the Limits of Transfer Learning"), as in a Hugging Face <c>config.json</c>.
/// </summary>
public sealed record T5Config
{
    /// <summary>Upper limit of every size, far above any T5; it prevents overflow in products of sizes.</summary>
    private const long LargestSize = 1 << 24;

    private const long LargestFile = 1 << 20;

    /// <summary>Rows of the embedding; may exceed the tokenizer's vocabulary.</summary>
    public required long VocabularySize { get; init; }

    /// <summary>Width of the residual stream and of the result (<c>d_model</c>).</summary>
    public required long ModelDimension { get; init; }

    /// <summary>Width of one attention head (<c>d_kv</c>); heads × this may differ from <see cref="ModelDimension"/>.</summary>
    public required long HeadDimension { get; init; }

    /// <summary>Inner width of the feed-forward layers (<c>d_ff</c>).</summary>
    public required long FeedForwardDimension { get; init; }

    /// <summary>Number of encoder blocks (<c>num_layers</c>).</summary>
    public required int LayerCount { get; init; }

    /// <summary>Attention heads of a block (<c>num_heads</c>).</summary>
    public required long HeadCount { get; init; }

    /// <summary>Rows of the table of relative positions, at least 4.</summary>
    public long RelativeBuckets { get; init; } = 32;

    /// <summary>Distance from which all positions share the last bucket.</summary>
    public long RelativeMaxDistance { get; init; } = 128;

    /// <summary>Added to the mean square before the square root.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>False: <c>relu</c> (T5 1.0). True: <c>gated-gelu</c> (T5 1.1 and Flan-T5).</summary>
    public bool GatedGelu { get; init; }

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="CheckpointException">The file is missing, is not JSON, does not describe a T5, or a value is missing or out of range.</exception>
    public static T5Config Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadJson(path, root => ParseObject(root, path));
    }

    /// <summary>Reads the JSON object of a T5, also from a larger configuration that contains it.</summary>
    /// <param name="config">The object.</param>
    /// <param name="source">Name of the source in error messages.</param>
    /// <exception cref="CheckpointException">The object does not describe a T5, or a value is missing or out of range.</exception>
    public static T5Config Parse(JsonElement config, string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return ParseObject(config, source);
        }
        catch (InvalidOperationException e)
        {
            // JsonElement throws this for text that is not valid Unicode.
            throw new CheckpointException($"{source} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a small JSON file. Every failure is a <see cref="CheckpointException"/>.</summary>
    internal static T ReadJson<T>(string path, Func<JsonElement, T> read)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > LargestFile)
            {
                throw new CheckpointException($"{path} has {file.Length} bytes; a configuration has at most {LargestFile}.");
            }

            using var document = JsonDocument.Parse(file);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static T5Config ParseObject(JsonElement config, string source)
    {
        if (config.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException($"{source}: a JSON object is expected, not {config.ValueKind}.");
        }

        var type = Text(config, "model_type", "t5", source);
        if (type is not ("t5" or "mt5"))
        {
            throw new CheckpointException($"{source}: model_type is '{type}'; only t5 and mt5 encoders are supported.");
        }

        var projection = Text(config, "feed_forward_proj", "relu", source);
        if (projection is not ("relu" or "gated-gelu"))
        {
            throw new CheckpointException($"{source}: feed_forward_proj is '{projection}'; only relu and gated-gelu are supported.");
        }

        var result = new T5Config
        {
            VocabularySize = Size(config, "vocab_size", null, source),
            ModelDimension = Size(config, "d_model", null, source),
            HeadDimension = Size(config, "d_kv", null, source),
            FeedForwardDimension = Size(config, "d_ff", null, source),
            LayerCount = (int)Size(config, "num_layers", null, source),
            HeadCount = Size(config, "num_heads", null, source),
            RelativeBuckets = Size(config, "relative_attention_num_buckets", 32, source),
            RelativeMaxDistance = Size(config, "relative_attention_max_distance", 128, source),
            LayerNormEpsilon = Epsilon(config, source),
            GatedGelu = projection == "gated-gelu",
        };
        if (result.RelativeBuckets < 4 || result.RelativeBuckets % 2 != 0 || result.RelativeMaxDistance <= result.RelativeBuckets / 4)
        {
            throw new CheckpointException(
                $"{source}: relative_attention_num_buckets is {result.RelativeBuckets} and relative_attention_max_distance {result.RelativeMaxDistance}; "
                + "an even number of at least 4 and more than a quarter of it are expected.");
        }

        return result;
    }

    private static string Text(JsonElement config, string name, string otherwise, string source)
    {
        if (!config.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return otherwise;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(value, name, "a string", source);
    }

    private static long Size(JsonElement config, string name, long? otherwise, string source)
    {
        if (!config.TryGetProperty(name, out var value))
        {
            return otherwise ?? throw new CheckpointException($"{source}: {name} is missing.");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var size) && size is >= 1 and <= LargestSize
            ? size
            : throw Wrong(value, name, $"an integer from 1 to {LargestSize}", source);
    }

    private static double Epsilon(JsonElement config, string source)
    {
        if (!config.TryGetProperty("layer_norm_epsilon", out var value))
        {
            return 1e-6;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var epsilon) && epsilon is >= 0 and <= 1
            ? epsilon
            : throw Wrong(value, "layer_norm_epsilon", "a number from 0 to 1", source);
    }

    private static CheckpointException Wrong(JsonElement value, string name, string expected, string source)
    {
        var text = value.GetRawText();
        return new CheckpointException($"{source}: {name} is {(text.Length > 40 ? text[..40] + "…" : text)}; {expected} is expected.");
    }
}
