using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>Stages that each encode the residual of the previous ones (Zeghidour et al. 2021, algorithm 1).</summary>
internal sealed class ResidualVectorQuantization : Module
{
    private readonly ModuleList<VectorQuantization> layers;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="config">Number and size of the codebooks, and how they are updated.</param>
    public ResidualVectorQuantization(int dimension, QuantizerConfig config) : base(nameof(ResidualVectorQuantization))
    {
        layers = new ModuleList<VectorQuantization>(
            [.. Enumerable.Range(0, config.NumCodebooks).Select(_ => new VectorQuantization(dimension, config))]);
        RegisterComponents();
    }

    /// <summary>The type of the codebooks.</summary>
    public ScalarType ElementType => layers[0].ElementType;

    /// <summary>Codes of the first <paramref name="stages"/> codebooks: [B, D, F] → [B, stages, F].</summary>
    public Tensor Encode(Tensor x, int stages)
    {
        using var scope = NewDisposeScope();
        var (batch, frames) = (x.size(0), x.size(2));
        var residual = x.transpose(1, 2).reshape(batch * frames, -1);
        var codes = new List<Tensor>();
        for (var k = 0; k < stages; k++)
        {
            var indices = layers[k].Encode(residual);
            codes.Add(indices.view(batch, frames));
            if (k + 1 < stages)
            {
                using var quantized = layers[k].Decode(indices);
                using var previous = residual;
                residual = previous - quantized;
            }
        }

        return stack(codes, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The sum of the entries: codes [B, K, F] → [B, D, F].</summary>
    public Tensor Decode(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var (batch, frames) = (codes.size(0), codes.size(2));
        var sum = layers[0].Decode(codes.select(1, 0).reshape(-1));
        for (var k = 1; k < codes.size(1); k++)
        {
            using var next = layers[k].Decode(codes.select(1, k).reshape(-1));
            sum.add_(next, Scalars.One);
        }

        return sum.view(batch, frames, -1).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Encodes a training batch with the first <paramref name="stages"/> codebooks and updates them.</summary>
    /// <param name="x">[B, D, F].</param>
    /// <param name="stages">Number of codebooks.</param>
    /// <param name="sampler">Source of random choices.</param>
    /// <returns>
    /// The sum of the entries [B, D, F], with <paramref name="x"/>'s own gradient (the straight-through estimate, once for all stages); the codes [B, stages, F];
    /// and the mean over stages of the squared distance between a stage's input and its entries, plus the regularization, a scalar. The caller owns them.
    /// </returns>
    public (Tensor Quantized, Tensor Codes, Tensor Penalty) Learn(Tensor x, int stages, TrainingSampler sampler)
    {
        using var scope = NewDisposeScope();
        var (batch, frames) = (x.size(0), x.size(2));
        var rows = x.transpose(1, 2).reshape(batch * frames, -1);
        var sum = zeros_like(rows);
        var residual = rows;
        var codes = new List<Tensor>();
        var penalties = new List<Tensor>();
        foreach (var layer in layers.Take(stages))
        {
            var (indices, quantized) = layer.Learn(residual.detach(), sampler);
            codes.Add(indices.view(batch, frames));

            // The residual is the next stage's input, and its mean square this stage's commitment loss.
            residual = residual - quantized;
            sum = sum.add(quantized, Scalars.One);
            var penalty = (residual * residual).mean();
            penalties.Add(layer.Regularization(indices, sampler) is { } regularization ? penalty.add(regularization, Scalars.One) : penalty);
        }

        var output = rows.add((sum - rows).detach(), Scalars.One);
        return (
            output.view(batch, frames, -1).transpose(1, 2).contiguous().MoveToOuterDisposeScope(),
            stack(codes, 1).MoveToOuterDisposeScope(),
            stack(penalties, 0).mean().MoveToOuterDisposeScope());
    }
}

/// <summary>One stage of a residual vector quantizer. In EnCodec the codebook has the latent's own dimension, so there is no projection.</summary>
internal sealed class VectorQuantization : Module
{
    private readonly EuclideanCodebook _codebook;
    private readonly QuantizerConfig config;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="config">Number of entries, and how they are updated.</param>
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

    /// <summary>Encodes a training batch and updates the codebook: [N, D] → [N] and [N, D].</summary>
    public (Tensor Codes, Tensor Quantized) Learn(Tensor rows, TrainingSampler sampler) => _codebook.Learn(rows, sampler);

    /// <summary>
    /// The weighted orthogonal regularization of the codebook, a scalar, or null without one. Entries are updated by averages, so it has no gradient: as upstream, it is only reported.
    /// </summary>
    /// <param name="codes">The codes of the batch, [N].</param>
    /// <param name="sampler">Source of random choices.</param>
    public Tensor? Regularization(Tensor codes, TrainingSampler sampler)
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
            entries = entries.index_select(0, codes.bincount(null, config.Cardinality).nonzero().view(-1));
        }

        if (config.OrthogonalMaxCodes is { } most && entries.size(0) > most)
        {
            entries = entries.index_select(0, sampler.Choose(entries.size(0), most).to(entries.device));
        }

        using Scalar weight = config.OrthogonalWeight;
        return OrthogonalRegularization.Of(entries).mul(weight).MoveToOuterDisposeScope();
    }
}

/// <summary>The deviation of the entries of a codebook from orthogonality (Shin, Lee and Joo 2021, equation 2).</summary>
internal static class OrthogonalRegularization
{
    /// <summary>The minimum divisor, as in PyTorch's <c>normalize</c>.</summary>
    private static readonly Scalar MinLength = 1e-12;

    /// <summary>‖E Eᵀ − I‖² / n² for entries scaled to unit length: [n, D] → a scalar. The caller owns it.</summary>
    public static Tensor Of(Tensor entries)
    {
        using var scope = NewDisposeScope();
        var count = entries.size(0);
        var lengths = (entries * entries).sum(1, keepdim: true).sqrt().clamp_min(MinLength);
        var directions = entries / lengths;
        var products = mm(directions, directions.t()) - eye(count, dtype: entries.dtype, device: entries.device);
        using Scalar pairs = (double)count * count;
        return (products * products).sum().div(pairs).MoveToOuterDisposeScope();
    }
}
