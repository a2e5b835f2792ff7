using AudioCraft.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Residual vector quantizer of DAC (Kumar et al. 2023, section 3.2; descript-audio-codec, dac/nn/quantize.py): every stage projects what the stages before left over
/// to few dimensions and codes its direction there, which keeps all entries of a codebook in use.
/// </summary>
public sealed class DacResidualVectorQuantizer : BaseQuantizer
{
    /// <summary>Name in <see cref="QuantizedResult.Metrics"/> of the mean square by which the projected latent misses its entry: a loss for the encoder.</summary>
    public const string CommitmentLoss = "commitment_loss";

    /// <summary>Name in <see cref="QuantizedResult.Metrics"/> of the same mean square as a loss for the codebooks.</summary>
    public const string CodebookLoss = "codebook_loss";

    private readonly ModuleList<DacVectorQuantizer> quantizers;
    private readonly DacConfig config;
    private int codebooksInUse;

    internal DacResidualVectorQuantizer(DacConfig config) : base(nameof(DacResidualVectorQuantizer))
    {
        this.config = config;
        codebooksInUse = config.CodebookCount;
        quantizers = new ModuleList<DacVectorQuantizer>(
            [.. Enumerable.Range(0, config.CodebookCount).Select(k => new DacVectorQuantizer(config.LatentDimensionOrDefault, config.CodebookSize, config.CodebookDimension(k)))]);
        RegisterComponents();
    }

    /// <summary>Size of a latent vector.</summary>
    public int Dimension => config.LatentDimensionOrDefault;

    /// <inheritdoc/>
    public override int TotalCodebooks => config.CodebookCount;

    /// <inheritdoc/>
    public override int NumCodebooks => codebooksInUse;

    /// <inheritdoc/>
    public override int Bins => config.CodebookSize;

    /// <summary>The type that the model computes in.</summary>
    internal ScalarType ElementType => quantizers[0].ElementType;

    /// <inheritdoc/>
    public override void SetNumCodebooks(int n)
    {
        if (n < 1 || n > TotalCodebooks)
        {
            throw new ArgumentOutOfRangeException(nameof(n), n, $"The number of codebooks must be 1 to {TotalCodebooks}.");
        }

        codebooksInUse = n;
    }

    /// <summary>Codes of the codebooks in use: float [B, D, F] → int64 [B, K, F]. Those of fewer codebooks are a prefix of those of more.</summary>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public override Tensor Encode(Tensor x)
    {
        CheckLatent(x);
        return EncodeWith(x, codebooksInUse);
    }

    /// <summary>The first codebooks' codes → the sum of what they stand for: int64 [B, K, F] → float [B, D, F].</summary>
    /// <exception cref="ArgumentException">The shape or type is not that, or a code is not 0 to <see cref="Bins"/> − 1.</exception>
    public override Tensor Decode(Tensor codes)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Bins);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sum = Contribution(0, codes);
        for (var k = 1; k < codes.size(1); k++)
        {
            using var next = Contribution(k, codes);
            sum.add_(next);
        }

        return sum.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The latent in the codebooks' own dimensions, one stage after another: float [B, D, F] → [B, Σd, F] for the codebooks in use (upstream's <c>latents</c>).
    /// </summary>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public Tensor Project(Tensor x)
    {
        CheckLatent(x);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var projected = new List<Tensor>();
        Stages(x, codebooksInUse, (_, stage, _, _) => projected.Add(stage.MoveToOuterDisposeScope()));
        return cat(projected, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Codes projections, as <see cref="Project"/> gives them: float [B, Σd, F] of the first stages → their entries [B, Σd, F], and codes [B, K, F] (upstream's <c>from_latents</c>).</summary>
    /// <exception cref="ArgumentException">The shape or type is not that: Σd must be the first stages' sizes, at least one.</exception>
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
    /// Quantizes: float [B, D, F] → the nearest that codes can say, the codes, the bandwidth in kb/s at this frame rate, a penalty, and under
    /// <see cref="CommitmentLoss"/> and <see cref="CodebookLoss"/> the two losses. In training the gradient passes straight through the codebooks, the first
    /// ⌊B · dropout⌋ items are coded with a random number of them, and the penalty is the commitment loss; in evaluation it is 0.
    /// </summary>
    /// <param name="x">[B, D, F].</param>
    /// <param name="frameRate">Frames a second.</param>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public override QuantizedResult forward(Tensor x, double frameRate)
    {
        CheckLatent(x);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var stages = training ? TotalCodebooks : codebooksInUse;
        var sum = zeros_like(x);
        var (commitment, codebook) = (zeros([], x.dtype, x.device), zeros([], x.dtype, x.device));
        var codes = new List<Tensor>();
        using var inUse = training ? DrawStages(x.size(0)).to(x.device) : null;
        Stages(x, stages, (k, projected, entries, quantized) =>
        {
            using var keep = inUse is null ? ones(x.size(0), x.dtype, x.device) : inUse.gt(k).to(x.dtype);
            using var before = sum;
            sum = (before + quantized * keep.view(-1, 1, 1)).MoveToOuterDisposeScope();
            commitment = (commitment + ((projected - entries.detach()).pow(2).mean([1, 2]) * keep).mean()).MoveToOuterDisposeScope();
            codebook = (codebook + ((entries - projected.detach()).pow(2).mean([1, 2]) * keep).mean()).MoveToOuterDisposeScope();
        }, codes);
        var bandwidth = full([], (float)(stages * Math.Log2(Bins) * frameRate / 1000), x.dtype, x.device);
        var penalty = training ? commitment.alias() : zeros([], x.dtype, x.device);
        return new(
            sum.MoveToOuterDisposeScope(), stack(codes, 1).MoveToOuterDisposeScope(), bandwidth.MoveToOuterDisposeScope(), penalty.MoveToOuterDisposeScope(),
            new Dictionary<string, Tensor>
            {
                [CommitmentLoss] = commitment.MoveToOuterDisposeScope(),
                [CodebookLoss] = codebook.MoveToOuterDisposeScope(),
            });
    }

    /// <summary>Codes of the first <paramref name="stages"/> codebooks.</summary>
    internal Tensor EncodeWith(Tensor x, int stages)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var codes = new List<Tensor>();
        Stages(x, stages, null, codes);
        return stack(codes, 1).MoveToOuterDisposeScope();
    }

    private Tensor Contribution(int k, Tensor codes)
    {
        using var scope = NewDisposeScope();
        return quantizers[k].Restore(quantizers[k].Entries(codes.select(1, k))).MoveToOuterDisposeScope();
    }

    /// <summary>Runs stage after stage. The visitor gets the stage's number, its projection, the entries chosen and what they contribute; it runs in a dispose scope of the stage.</summary>
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

    /// <summary>How many codebooks each item of a training batch is coded with, float [B].</summary>
    private Tensor DrawStages(long items)
    {
        using var scope = NewDisposeScope();
        var counts = full([items], TotalCodebooks, ScalarType.Int64);
        var dropped = (long)(items * config.QuantizerDropout);
        if (dropped > 0)
        {
            counts.narrow(0, 0, dropped).copy_(randint(1, TotalCodebooks + 1, [dropped], ScalarType.Int64));
        }

        return counts.MoveToOuterDisposeScope();
    }

    private void CheckLatent(Tensor x) => TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, ElementType);
}
