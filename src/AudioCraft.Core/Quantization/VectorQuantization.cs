using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Quantization;

/// <summary>One stage of a residual vector quantizer. In EnCodec the codebook has the latent's own dimension, so there is no projection.</summary>
internal sealed class VectorQuantization : Module
{
    private readonly EuclideanCodebook _codebook;
    private readonly QuantizerConfig config;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="config">Number of entries, and how they are learnt.</param>
    public VectorQuantization(int dimension, QuantizerConfig config) : base(nameof(VectorQuantization))
    {
        this.config = config;
        _codebook = new EuclideanCodebook(dimension, config);
        RegisterComponents();
    }

    /// <summary>The type of the codebook.</summary>
    public ScalarType ElementType => _codebook.ElementType;

    /// <summary>Nearest entries: [N, D] → [N].</summary>
    public Tensor Encode(Tensor rows) => _codebook.Encode(rows);

    /// <summary>Entries: [N] → [N, D].</summary>
    public Tensor Decode(Tensor codes) => _codebook.Decode(codes);

    /// <summary>Codes a training batch and learns from it: [N, D] → [N] and [N, D].</summary>
    public (Tensor Codes, Tensor Quantized) Learn(Tensor rows, TrainingDraws draws) => _codebook.Learn(rows, draws);

    /// <summary>
    /// The weighted orthogonal regularisation of the codebook, a scalar, or null without one. Entries are learnt by averages, so it has no gradient: as in upstream, it only says.
    /// </summary>
    /// <param name="codes">What the batch uses, [N].</param>
    /// <param name="draws">Random choices.</param>
    public Tensor? Regularization(Tensor codes, TrainingDraws draws)
    {
        if (config.OrthogonalWeight <= 0)
        {
            return null;
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var entries = _codebook.Entries;
        if (config.OrthogonalActiveCodesOnly)
        {
            entries = entries.index_select(0, codes.bincount(null, config.Bins).nonzero().view(-1));
        }

        if (config.OrthogonalMaxCodes is { } most && entries.size(0) > most)
        {
            entries = entries.index_select(0, draws.Choose(entries.size(0), most).to(entries.device));
        }

        return (OrthogonalRegularization.Of(entries) * config.OrthogonalWeight).MoveToOuterDisposeScope();
    }
}
