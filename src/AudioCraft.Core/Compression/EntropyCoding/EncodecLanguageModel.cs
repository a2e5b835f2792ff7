using AudioCraft.Compression.EntropyCoding;
using AudioCraft.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// encodec's small language model (Défossez et al. 2022, section 3.3; encodec/model.py): how likely each code of the next step is, given those before.
/// With it an <c>.ecdc</c> file is up to 40 % smaller. It predicts all codebooks of a step at once.
/// </summary>
/// <remarks>
/// A file can be read only with probabilities that agree with the writer's in (almost) every bit. So the layers here use upstream's operators in upstream's order, and the model always computes
/// in float32. The same weights on another processor, device or version of libtorch can still give other last bits.
/// </remarks>
public sealed class EncodecLanguageModel : Module<Tensor, EncodecLanguageModelState, Tensor>
{
    private readonly EncodecTransformer transformer;
    private readonly ModuleList<UnfusedEmbedding> emb;
    private readonly ModuleList<UnfusedLinear> linears;

    /// <summary>A model with random weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range; the message names it.</exception>
    public EncodecLanguageModel(EncodecLanguageModelConfig config) : base(nameof(EncodecLanguageModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        transformer = new EncodecTransformer(config);
        emb = new ModuleList<UnfusedEmbedding>([.. Enumerable.Range(0, config.Codebooks).Select(_ => new UnfusedEmbedding(config.Cardinality + 1, config.Dimension))]);
        linears = new ModuleList<UnfusedLinear>([.. Enumerable.Range(0, config.Codebooks).Select(_ => new UnfusedLinear(config.Dimension, config.Cardinality))]);
        RegisterComponents();
    }

    /// <summary>Its shape.</summary>
    public EncodecLanguageModelConfig Config { get; }

    /// <summary>
    /// Loads the model that belongs to a codec: upstream's <c>encodec_lm_24khz-1608e3c0.th</c> and <c>encodec_lm_48khz-7add9fc3.th</c>, or the same tensors as safetensors.
    /// Sizes are taken from the tensors; the context is 3.5 s of the codec's frames.
    /// </summary>
    /// <param name="path">The file. If its name has the beginning of a SHA-256, as upstream's have, it is checked.</param>
    /// <param name="codec">The codec; the model comes to its device.</param>
    /// <param name="heads">Attention heads, which the tensors do not show; 8 in the released models.</param>
    /// <exception cref="CheckpointException">The file is damaged, is no such model, or is one of another codec.</exception>
    /// <exception cref="ArgumentException">The vectors cannot be divided into so many heads.</exception>
    public static EncodecLanguageModel GetPretrained(string path, EncodecModel codec, int heads = 8) => EncodecLanguageModelLoader.Load(path, codec, heads);

    /// <summary>The beginning of a stream.</summary>
    public EncodecLanguageModelState NewState() => new(Config.Layers);

    /// <summary>The next steps of a stream.</summary>
    /// <param name="indices">
    /// int64 [B, K, T], K at most <see cref="EncodecLanguageModelConfig.Codebooks"/>: at each step the codes of the step before, plus 1; 0 at the first, where there are none.
    /// </param>
    /// <param name="state">Where the stream stands; it moves on by T. The batch stays the same through a stream.</param>
    /// <returns>Probabilities [B, cardinality, K, T]. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that, or an index is out of range.</exception>
    public override Tensor forward(Tensor indices, EncodecLanguageModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        TensorChecks.Codes(indices, nameof(indices), Config.Codebooks, Config.Cardinality + 1);
        if (state.PastOf(0) is { } past && past.size(0) != indices.size(0))
        {
            throw new ArgumentException($"indices has a batch of {indices.size(0)}, but the stream one of {past.size(0)}.", nameof(indices));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var codebooks = (int)indices.size(1);
        var sum = emb[0].forward(indices.select(1, 0));
        for (var k = 1; k < codebooks; k++)
        {
            sum = sum + emb[k].forward(indices.select(1, k));
        }

        var output = transformer.forward(sum, state);
        var logits = stack([.. Enumerable.Range(0, codebooks).Select(k => linears[k].forward(output))], 1).permute(0, 3, 1, 2);
        return logits.softmax(1).MoveToOuterDisposeScope();
    }
}
