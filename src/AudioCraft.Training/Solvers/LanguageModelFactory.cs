using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Makes language models with a T5 of their own, ready to be trained from nothing.</summary>
public static class LanguageModelFactory
{
    /// <summary>Spread of the embeddings of codes: with four codebooks their sum is about as large as the sinusoidal positions that are added to it.</summary>
    private const double EmbeddingSpread = 0.5;

    /// <summary>A model that reads its one condition by cross attention through a T5. The random numbers are libtorch's: seed them before.</summary>
    /// <param name="config">The model; it has one condition for cross attention.</param>
    /// <param name="tokenizer">The T5's tokenizer, without sentinels.</param>
    /// <param name="textEncoder">The T5; its vocabulary is as large as the tokenizer's.</param>
    /// <exception cref="ArgumentException">The model has other conditions, or the vocabularies differ.</exception>
    public static LMModel New(LMConfig config, SentencePieceTokenizer tokenizer, T5Config textEncoder)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(textEncoder);
        var names = config.ConditionNames.ToList();
        if (names is not [var name] || !config.CrossAttention)
        {
            throw new ArgumentException($"A model with one condition, read by cross attention, is expected, not {string.Join(", ", names.DefaultIfEmpty("none"))}.", nameof(config));
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
    /// Embeddings become normal; what is added to the residual stream is made smaller the more layers add to it (upstream's <c>depthwise_init</c>, with
    /// PyTorch's own start for the rest).
    /// </summary>
    private static void Initialize(LMModel model)
    {
        using var guard = no_grad();
        var depth = 1 / Math.Sqrt(2.0 * model.Config.NumLayers);
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
