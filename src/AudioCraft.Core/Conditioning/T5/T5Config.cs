using AudioCraft.Checkpoints;

namespace AudioCraft.Conditioning;

/// <summary>
/// The sizes of a T5 encoder (Raffel et al. 2020, "Exploring the Limits of Transfer Learning"), as in a Hugging Face <c>config.json</c>.
/// </summary>
public sealed record T5Config
{
    /// <summary>Upper limit of every size, far above any T5; it prevents overflow in products of sizes.</summary>
    private const long LargestSize = 1 << 24;

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

    /// <summary>Whether the output head of the whole T5 shares the embedding.</summary>
    internal bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Number of weights of the encoder.</summary>
    internal double ParameterCount
    {
        get
        {
            double inner = (double)HeadCount * HeadDimension, width = ModelDimension;
            var layer = (4 * inner * width) + ((GatedGelu ? 3.0 : 2.0) * width * FeedForwardDimension) + (2 * width);
            return (VocabularySize * width) + (LayerCount * layer) + ((double)RelativeBuckets * HeadCount) + width;
        }
    }

    /// <summary>Memory in bytes that encoding one text uses in addition to the weights: the scores of the attention, and the activations of a block.</summary>
    internal long MemoryOf(long tokens)
    {
        const long scoresAlive = 3, vectorsAlive = 6;
        var feedForward = (GatedGelu ? 3 : 2) * FeedForwardDimension;
        return sizeof(float) * ((scoresAlive * HeadCount * tokens * tokens) + (tokens * ((vectorsAlive * (ModelDimension + (HeadCount * HeadDimension))) + feedForward)));
    }

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="CheckpointException">The file is missing, is not JSON, does not describe a T5, or a value is missing or out of range.</exception>
    public static T5Config Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Read(CheckpointConfig.LoadJson(path));
    }

    /// <summary>Reads the content of a <c>config.json</c>, or the section of a larger one that describes the text encoder.</summary>
    /// <exception cref="CheckpointException">It does not describe a T5, or a value is missing or out of range.</exception>
    internal static T5Config Read(CheckpointConfig config)
    {
        if (config.GetString("model_type", "t5") is not ("t5" or "mt5"))
        {
            throw config.Unsupported("model_type", "only t5 and mt5 encoders are supported");
        }

        var projection = config.GetString("feed_forward_proj", "relu");
        if (projection is not ("relu" or "gated-gelu"))
        {
            throw config.Unsupported("feed_forward_proj", "only relu and gated-gelu are supported");
        }

        var result = new T5Config
        {
            VocabularySize = Size("vocab_size"),
            ModelDimension = Size("d_model"),
            HeadDimension = Size("d_kv"),
            FeedForwardDimension = Size("d_ff"),
            LayerCount = (int)Size("num_layers"),
            HeadCount = Size("num_heads"),
            RelativeBuckets = Size("relative_attention_num_buckets", 32),
            RelativeMaxDistance = Size("relative_attention_max_distance", 128),
            LayerNormEpsilon = config.GetDouble("layer_norm_epsilon", 1e-6) is >= 0 and <= 1 and var epsilon
                ? epsilon
                : throw config.Unsupported("layer_norm_epsilon", "a number from 0 to 1 is expected"),
            GatedGelu = projection == "gated-gelu",
            TieWordEmbeddings = config.GetBool("tie_word_embeddings", true),
        };
        return result.RelativeBuckets >= 4 && result.RelativeBuckets % 2 == 0 && result.RelativeMaxDistance > result.RelativeBuckets / 4
            ? result
            : throw new CheckpointException(
                $"{config.Source}: relative_attention_num_buckets is {result.RelativeBuckets} and relative_attention_max_distance {result.RelativeMaxDistance}; "
                + "an even number of at least 4 and more than a quarter of it are expected.");

        long Size(string name, long? otherwise = null) =>
            (otherwise is { } value ? config.GetInt64(name, value) : config.GetInt64(name)) is >= 1 and <= LargestSize and var size
                ? size
                : throw config.Unsupported(name, $"an integer from 1 to {LargestSize} is expected");
    }
}
