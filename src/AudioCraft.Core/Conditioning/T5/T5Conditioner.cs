using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>
/// Text as a sequence of vectors for cross-attention (upstream's <c>T5Conditioner</c>, audiocraft/modules/conditioners.py): T5's result through a
/// linear layer. Only that layer, <c>output_proj</c>, is part of the module and of checkpoints; the T5 is frozen unless <see cref="FineTune"/> is set,
/// and disposed with the module.
/// </summary>
/// <remarks>
/// Upstream's <c>normalize_text</c> needs spaCy's lemmas and is refused by whoever reads the configuration; its <c>word_dropout</c> acts in training only.
/// </remarks>
public sealed class T5Conditioner : TextConditioner
{
    private readonly T5TextEncoder encoder;
    private readonly Linear output_proj;

    /// <param name="encoder">The frozen T5. The conditioner takes it over, and disposes of it.</param>
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
            throw new CheckpointException("The model's T5 conditioner asks for normalize_text, which takes spaCy's lemmas and stop words: it is not supported.");
        }

        this.encoder = encoder;
        OutputDimension = outputDim;
        output_proj = new Linear(encoder.Dimension, outputDim);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long OutputDimension { get; }

    /// <summary>The T5.</summary>
    public T5TextEncoder TextEncoder => encoder;

    /// <summary>Whether gradients flow into the T5 where they are recorded at all (upstream's <c>finetune</c>).</summary>
    public bool FineTune { get; set; }

    /// <summary>
    /// Conditions on texts, all of them tokenised together and padded to the longest, as upstream does: group them as the result should be padded.
    /// </summary>
    /// <param name="texts">At least one. Null and "" are the null condition, a mask of zeros; " " is not.</param>
    /// <returns>
    /// Embeddings [B, T, <see cref="OutputDimension"/>], exactly zero where the mask is (the bias too), and the mask [B, T], int64, 1 for a token;
    /// both on this module's device, owned by the caller.
    /// </returns>
    /// <exception cref="ArgumentException">There is no text.</exception>
    public override (Tensor Embeds, Tensor Mask) Encode(IReadOnlyList<string?> texts)
    {
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
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            encoder.Dispose();
        }
    }
}
