using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Residual vector quantizer of DAC (Kumar et al. 2023, section 3.2; descript-audio-codec, dac/nn/quantize.py): every stage projects the residual of the previous stages
/// to few dimensions and encodes its direction there, which keeps all entries of a codebook in use.
/// </summary>
public sealed class DacResidualVectorQuantizer : BaseQuantizer
{
    /// <summary>Name in <see cref="QuantizedResult.Metrics"/> of the mean squared distance between the projected latent and its entry: a loss for the encoder.</summary>
    public const string CommitmentLoss = "commitment_loss";

    /// <summary>Name in <see cref="QuantizedResult.Metrics"/> of the same mean squared distance as a loss for the codebooks.</summary>
    public const string CodebookLoss = "codebook_loss";

    private readonly ModuleList<DacVectorQuantizer> quantizers;
    private readonly double dropout;

    /// <param name="dimension">Size of a latent vector.</param>
    /// <param name="cardinality">Entries of a codebook.</param>
    /// <param name="codebookDimensions">Size of the entries of each codebook.</param>
    /// <param name="dropout">In training, the share of a batch that is encoded with a random number of codebooks, 0 to 1.</param>
    internal DacResidualVectorQuantizer(int dimension, int cardinality, IReadOnlyList<int> codebookDimensions, double dropout)
        : base(nameof(DacResidualVectorQuantizer), codebookDimensions.Count)
    {
        (Dimension, Cardinality, this.dropout) = (dimension, cardinality, dropout);
        quantizers = new ModuleList<DacVectorQuantizer>([.. codebookDimensions.Select(size => new DacVectorQuantizer(dimension, cardinality, size))]);
        RegisterComponents();
    }

    /// <summary>Size of a latent vector.</summary>
    public int Dimension { get; }

    /// <inheritdoc/>
    public override int Cardinality { get; }

    /// <summary>The type that the model computes in.</summary>
    internal ScalarType ElementType => quantizers[0].ElementType;

    /// <inheritdoc/>
    public override Tensor Encode(Tensor x, int codebooks)
    {
        CheckLatent(x);
        CheckNumCodebooks(codebooks, TotalCodebooks, nameof(codebooks));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var codes = new List<Tensor>();
        Stages(x, codebooks, null, codes);
        return stack(codes, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Decode(Tensor codes)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Cardinality);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sum = Contribution(0, codes);
        for (var k = 1; k < codes.size(1); k++)
        {
            using var next = Contribution(k, codes);
            sum.add_(next, Scalars.One);
        }

        return sum.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The latent in the codebooks' own dimensions, one stage after another: float [B, D, F] → [B, Σd, F] for the codebooks in use (upstream's <c>latents</c>).
    /// </summary>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public Tensor Project(Tensor x)
    {
        CheckLatent(x);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var projected = new List<Tensor>();
        Stages(x, NumCodebooks, (_, stage, _, _) => projected.Add(stage.MoveToOuterDisposeScope()));
        return cat(projected, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Quantizes projections, as <see cref="Project"/> gives them: float [B, Σd, F] of the first stages → their entries [B, Σd, F], and codes [B, K, F] (upstream's <c>from_latents</c>).</summary>
    /// <exception cref="ArgumentException">The shape or type is invalid: Σd must be the first stages' sizes, at least one.</exception>
    public (Tensor Entries, Tensor Codes) QuantizeProjected(Tensor projected)
    {
        ArgumentNullException.ThrowIfNull(projected);
        var stages = 0;
        var width = 0L;
        var wanted = projected.dim() == 3 ? projected.size(1) : 0;
        while (stages < TotalCodebooks && width < wanted)
        {
            width += quantizers[stages++].Dimension;
        }

        TensorChecks.Float(projected, nameof(projected), "[B, Σd, F]", Math.Max(width, quantizers[0].Dimension), ElementType);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        List<Tensor> entries = [], codes = [];
        var start = 0L;
        for (var k = 0; k < stages; k++)
        {
            var size = quantizers[k].Dimension;
            codes.Add(quantizers[k].Encode(projected.narrow(1, start, size)));
            entries.Add(quantizers[k].Entries(codes[k]));
            start += size;
        }

        return (cat(entries, 1).MoveToOuterDisposeScope(), stack(codes, 1).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Quantizes: float [B, D, F] → the quantized sequence, the codes, the bandwidth in kb/s at this frame rate, a penalty, and under
    /// <see cref="CommitmentLoss"/> and <see cref="CodebookLoss"/> the two losses. In training the gradient passes straight through the codebooks, the first
    /// ⌊B · dropout⌋ items are encoded with a random number of them, and the penalty is the commitment loss; in evaluation it is 0.
    /// </summary>
    /// <param name="x">[B, D, F].</param>
    /// <param name="frameRate">Frames a second.</param>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public override QuantizedResult forward(Tensor x, double frameRate)
    {
        CheckLatent(x);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var stages = training ? TotalCodebooks : NumCodebooks;
        var sum = zeros_like(x);
        var (commitment, codebook) = (zeros([], x.dtype, x.device), zeros([], x.dtype, x.device));
        var codes = new List<Tensor>();
        using var inUse = training ? SampleStages(x.size(0)).to(x.device) : null;
        Stages(x, stages, (k, projected, entries, quantized) =>
        {
            using Scalar stage = k;
            using var keep = inUse is null ? ones(x.size(0), x.dtype, x.device) : inUse.gt(stage).to(x.dtype);
            using var before = sum;
            sum = before.add(quantized * keep.view(-1, 1, 1), Scalars.One).MoveToOuterDisposeScope();
            commitment = commitment.add(MeanSquare(projected - entries.detach(), keep), Scalars.One).MoveToOuterDisposeScope();
            codebook = codebook.add(MeanSquare(entries - projected.detach(), keep), Scalars.One).MoveToOuterDisposeScope();
        }, codes);
        using Scalar kilobits = (float)(stages * Math.Log2(Cardinality) * frameRate / 1000);
        var bandwidth = full([], kilobits, x.dtype, x.device);
        var penalty = training ? commitment.alias() : zeros([], x.dtype, x.device);
        return new(
            sum.MoveToOuterDisposeScope(), stack(codes, 1).MoveToOuterDisposeScope(), bandwidth.MoveToOuterDisposeScope(), penalty.MoveToOuterDisposeScope(),
            new Dictionary<string, Tensor>
            {
                [CommitmentLoss] = commitment.MoveToOuterDisposeScope(),
                [CodebookLoss] = codebook.MoveToOuterDisposeScope(),
            });
    }

    /// <summary>The mean of the squares of [B, d, F], where items with a weight of 0 in [B] do not count.</summary>
    private static Tensor MeanSquare(Tensor difference, Tensor weights) => ((difference * difference).mean([1, 2]) * weights).mean();

    private Tensor Contribution(int k, Tensor codes)
    {
        using var scope = NewDisposeScope();
        return quantizers[k].Restore(quantizers[k].Entries(codes.select(1, k))).MoveToOuterDisposeScope();
    }

    /// <summary>Runs stage after stage. The visitor gets the stage's number, its projection, the chosen entries and their contribution to the latent; it runs in a dispose scope of the stage.</summary>
    private void Stages(Tensor x, int stages, Action<int, Tensor, Tensor, Tensor>? visit, List<Tensor>? codes = null)
    {
        var residual = x;
        for (var k = 0; k < stages; k++)
        {
            using var scope = NewDisposeScope();
            var projected = quantizers[k].Project(residual);
            var chosen = quantizers[k].Encode(projected);
            codes?.Add(chosen.MoveToOuterDisposeScope());
            if (k + 1 == stages && visit is null)
            {
                return;
            }

            var entries = quantizers[k].Entries(chosen);
            var quantized = quantizers[k].Quantized(projected, entries);
            var previous = residual;
            residual = (previous - quantized).MoveToOuterDisposeScope();
            visit?.Invoke(k, projected, entries, quantized);
            if (k > 0)
            {
                previous.Dispose();
            }
        }
    }

    /// <summary>Samples the number of codebooks of each item of a training batch, [B].</summary>
    private Tensor SampleStages(long items)
    {
        using var scope = NewDisposeScope();
        using Scalar all = TotalCodebooks;
        var counts = full([items], all, ScalarType.Int64);
        var dropped = (long)(items * dropout);
        if (dropped > 0)
        {
            counts.narrow(0, 0, dropped).copy_(randint(1, TotalCodebooks + 1, [dropped], ScalarType.Int64));
        }

        return counts.MoveToOuterDisposeScope();
    }

    private void CheckLatent(Tensor x) => TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, ElementType);
}
