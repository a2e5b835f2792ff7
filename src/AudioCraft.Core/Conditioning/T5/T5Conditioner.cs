using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>
/// Encodes text as a sequence of vectors for cross-attention (upstream's <c>T5Conditioner</c>, audiocraft/modules/conditioners.py): a T5 encoder followed by a
/// linear layer. Only that layer, <c>output_proj</c>, is part of the module and of checkpoints; the encoder is frozen unless <see cref="FineTune"/> is set,
/// and disposed with the module.
/// </summary>
/// <remarks>
/// Upstream's <c>normalize_text</c> needs spaCy and is not supported; its <c>word_dropout</c> has an effect in training only.
/// </remarks>
public sealed class T5Conditioner : TextConditioner
{
    private readonly T5TextEncoder encoder;
    private readonly Linear output_proj;

    /// <param name="encoder">The T5 encoder. The conditioner owns and disposes of it.</param>
    /// <param name="outputDim">Width of the condition, at least 1: the language model's width.</param>
    /// <param name="normalizeText">Upstream's option; only false is supported.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="outputDim"/> is less than 1.</exception>
    /// <exception cref="CheckpointException"><paramref name="normalizeText"/> is true.</exception>
    public T5Conditioner(T5TextEncoder encoder, long outputDim, bool normalizeText = false) : base(nameof(T5Conditioner))
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputDim, 1);
        if (normalizeText)
        {
            throw new CheckpointException("The model's T5 conditioner uses normalize_text, which needs spaCy's lemmas and stop words: it is not supported.");
        }

        this.encoder = encoder;
        OutputDimension = outputDim;
        output_proj = new Linear(encoder.Dimension, outputDim);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long OutputDimension { get; }

    /// <summary>The text encoder.</summary>
    public T5TextEncoder TextEncoder => encoder;

    /// <summary>Whether the encoder is trained too (upstream's <c>finetune</c>).</summary>
    public bool FineTune { get; set; }

    /// <summary>
    /// Encodes texts as one batch, padded to the longest, as upstream does.
    /// </summary>
    /// <param name="texts">At least one. Null and "" are the null condition, a mask of zeros; " " is not.</param>
    /// <returns>
    /// Embeddings [B, T, <see cref="OutputDimension"/>], exactly zero where the mask is zero, and the mask [B, T], int64, 1 for a token;
    /// both on this module's device, owned by the caller.
    /// </returns>
    /// <exception cref="ArgumentException">The list is empty, or a text has more tokens than <see cref="T5TextEncoder.MaxTokens"/>.</exception>
    public override (Tensor Embeds, Tensor Mask) Encode(IReadOnlyList<string?> texts)
    {
        using var use = Lifetime.Enter();
        using var scope = NewDisposeScope();
        var (ids, tokenMask) = encoder.Tokenize(texts);
        var weight = output_proj.parameters().First();
        var encoded = FineTune && is_grad_enabled() ? encoder.Encoder.forward(ids.to(encoder.Device), tokenMask.to(encoder.Device)) : encoder.Encode(ids, tokenMask);
        var hidden = encoded.to(weight.dtype).to(weight.device);
        var mask = tokenMask.to(weight.device);
        var embeds = output_proj.forward(hidden) * mask.unsqueeze(-1);
        return (embeds.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    internal override int CountTokens(string? text) => encoder.CountTokens(text);

    /// <inheritdoc/>
    internal override long MemoryOf(long tokens) => base.MemoryOf(tokens) + encoder.Config.MemoryOf(tokens);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            encoder.Dispose();
        }
    }
}
