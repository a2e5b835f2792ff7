using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Creates language models with a T5 of their own, for training from random weights.</summary>
public static class LanguageModelFactory
{
    /// <summary>Standard deviation of the code embeddings: with four codebooks, their sum is about as large as the sinusoidal positions.</summary>
    private const double EmbeddingSpread = 0.5;

    /// <summary>Creates a model with one condition, used by cross attention through a T5. The weights come from libtorch's default generator.</summary>
    /// <param name="config">The configuration, with one condition for cross attention.</param>
    /// <param name="tokenizer">The T5's tokenizer, without sentinels.</param>
    /// <param name="textEncoder">The configuration of the T5; its vocabulary size equals the tokenizer's.</param>
    /// <exception cref="ArgumentException">The model has other conditions, or the vocabularies differ.</exception>
    public static LMModel New(LMConfig config, SentencePieceTokenizer tokenizer, T5Config textEncoder)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(textEncoder);
        var names = config.ConditionNames.ToList();
        if (names is not [var name] || !config.CrossAttention)
        {
            throw new ArgumentException($"A model with one condition for cross attention is expected, not {string.Join(", ", names.DefaultIfEmpty("none"))}.", nameof(config));
        }

        if (tokenizer.PieceCount != textEncoder.VocabularySize)
        {
            throw new ArgumentException($"The tokenizer has {tokenizer.PieceCount} pieces, the T5 {textEncoder.VocabularySize} embeddings.", nameof(textEncoder));
        }

        var encoder = new T5TextEncoder(new T5Tokenizer(tokenizer, extraIds: 0), new T5Encoder(textEncoder));
        var model = new LMModel(config, new Dictionary<string, T5Conditioner> { [name] = new(encoder, config.Dim) });
        Initialize(model);
        return model;
    }

    /// <summary>
    /// Embeddings are normally distributed; outputs to the residual stream are scaled down with the number of layers (upstream's <c>depthwise_init</c>, with
    /// PyTorch's initialization for the rest).
    /// </summary>
    private static void Initialize(LMModel model)
    {
        using var guard = no_grad();
        using Scalar depth = 1 / Math.Sqrt(2.0 * model.Config.NumLayers);
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (name.StartsWith("emb.", StringComparison.Ordinal))
            {
                parameter.normal_(0, EmbeddingSpread);
            }
            else if (name.EndsWith(".out_proj.weight", StringComparison.Ordinal) || name.EndsWith(".linear2.weight", StringComparison.Ordinal))
            {
                parameter.mul_(depth);
            }
        }
    }
}
