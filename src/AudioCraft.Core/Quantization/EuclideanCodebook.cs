using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>A codebook that encodes a vector as its nearest entry. The buffers have upstream's names (audiocraft/quantization/core_vq.py).</summary>
internal sealed class EuclideanCodebook : Module
{
    /// <summary>Distances computed at a time: 16 MiB of float32, whatever the length of the input.</summary>
    private const long DistancesAtATime = 1 << 22;

    /// <summary>Added to the number of vectors of an entry before dividing by it.</summary>
    private const double Epsilon = 1e-5;

    // Buffers, not parameters: they are updated by exponential moving averages, not by gradients.
    private readonly Tensor inited;
    private readonly Tensor cluster_size;
    private readonly Tensor embed;
    private readonly Tensor embed_avg;
    private readonly QuantizerConfig config;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="config">Number of entries, and how they are updated. With k-means the entries are zero until the first training batch.</param>
    public EuclideanCodebook(int dimension, QuantizerConfig config) : base(nameof(EuclideanCodebook))
    {
        this.config = config;
        var (bins, kmeansInit) = (config.Cardinality, config.KMeansInit);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        inited = (kmeansInit ? zeros(1) : ones(1)).DetachFromDisposeScope();
        cluster_size = zeros(bins).DetachFromDisposeScope();
        embed = empty(bins, dimension).DetachFromDisposeScope();
        embed_avg = empty(bins, dimension).DetachFromDisposeScope();
        if (!DeferredInitialization.IsActive)
        {
            // Kaiming uniform, as upstream without k-means.
            var bound = kmeansInit ? 0 : Math.Sqrt(6.0 / dimension);
            embed.uniform_(-bound, bound);
            embed_avg.copy_(embed);
        }

        RegisterComponents();
    }

    /// <summary>[bins, D].</summary>
    public Tensor Entries => embed;

    /// <summary>The type of the entries.</summary>
    public ScalarType ElementType => embed.dtype;

    /// <summary>Nearest entry of each row: [N, D] → [N], int64.</summary>
    public Tensor Encode(Tensor rows)
    {
        using var scope = NewDisposeScope();

        // |x − e|² is least where x·e − |e|²/2 is greatest: |x|² only adds rounding.
        var halfSquares = (embed * embed).sum(1).mul_(Scalars.Half);
        var entries = embed.t();
        var count = rows.size(0);
        var chunk = Math.Max(1, DistancesAtATime / embed.size(0));
        var codes = new List<Tensor>();
        for (var start = 0L; start < count; start += chunk)
        {
            var part = rows.narrow(0, start, Math.Min(chunk, count - start));
            using var similarity = count <= MatrixProduct.FewRows && FewRowProduct.Supports(part, embed)
                ? FewRowProduct.Multiply(part, embed).sub_(halfSquares)
                : addmm(halfSquares, part, entries, -1f, 1f);
            codes.Add(similarity.argmax(1));
        }

        return (codes.Count == 1 ? codes[0] : cat(codes, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The entries for codes in range: [N] → [N, D].</summary>
    public Tensor Decode(Tensor codes) => embed.index_select(0, codes);

    /// <summary>Encodes a training batch and updates the entries; the result uses the entries before the update.</summary>
    /// <param name="rows">[N, D], without a gradient.</param>
    /// <param name="sampler">Source of random choices.</param>
    /// <returns>The codes [N] and their entries [N, D]. The caller owns both.</returns>
    public (Tensor Codes, Tensor Quantized) Learn(Tensor rows, TrainingSampler sampler)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        InitializeOnce(rows, sampler);
        var codes = Encode(rows);
        var quantized = Decode(codes);
        using Scalar threshold = config.DeadCodeThreshold;
        if (config.UpstreamLearning && config.DeadCodeThreshold > 0 && cluster_size.lt(threshold).any().item<bool>())
        {
            // Upstream writes the sampled vectors here where the averages below overwrite them: only the generator's state changes.
            sampler.Choose(rows.size(0), config.Cardinality);
        }

        UpdateEma(rows, codes);
        if (!config.UpstreamLearning && config.DeadCodeThreshold > 0)
        {
            ReplaceDeadCodes(rows, sampler);
        }

        return (codes.MoveToOuterDisposeScope(), quantized.MoveToOuterDisposeScope());
    }

    private void InitializeOnce(Tensor rows, TrainingSampler sampler)
    {
        if (inited.item<float>() != 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var (means, counts) = KMeans.Cluster(rows, sampler.Choose(rows.size(0), config.Cardinality), config.KMeansIterations);
        embed.copy_(means);
        cluster_size.copy_(counts);
        if (config.UpstreamLearning)
        {
            embed_avg.copy_(means);
        }
        else
        {
            embed_avg.copy_(means * SmoothedSizes());
        }

        inited.fill_(Scalars.One);
    }

    /// <summary>Each entry becomes the exponential moving average of the vectors that it encodes (van den Oord et al. 2017, appendix A.1).</summary>
    private void UpdateEma(Tensor rows, Tensor codes)
    {
        using var scope = NewDisposeScope();
        using Scalar decay = config.Decay;
        using Scalar update = 1 - config.Decay;
        var counts = codes.bincount(null, config.Cardinality).to(cluster_size.dtype);
        var sums = zeros_like(embed_avg).index_add_(0, codes, rows, Scalars.One);
        cluster_size.mul_(decay).add_(counts, update);
        embed_avg.mul_(decay).add_(sums, update);
        embed.copy_(embed_avg / SmoothedSizes());
    }

    /// <summary>The number of vectors that each entry encodes, [cardinality, 1], with Laplace smoothing so that it is above 0.</summary>
    private Tensor SmoothedSizes()
    {
        using Scalar added = Epsilon;
        using Scalar allAdded = config.Cardinality * Epsilon;
        var total = cluster_size.sum();
        return (cluster_size.add(added, Scalars.One) / total.add(allAdded, Scalars.One) * total).unsqueeze(1);
    }

    /// <summary>
    /// Entries that encode fewer vectors than the threshold become vectors of the batch, with the threshold as their weight in the averages, so that they are kept.
    /// </summary>
    private void ReplaceDeadCodes(Tensor rows, TrainingSampler sampler)
    {
        using var scope = NewDisposeScope();
        using Scalar threshold = config.DeadCodeThreshold;
        var dead = cluster_size.lt(threshold).nonzero().view(-1);
        if (dead.size(0) == 0)
        {
            return;
        }

        var fresh = rows.index_select(0, sampler.Choose(rows.size(0), dead.size(0)).to(rows.device));
        embed.index_copy_(0, dead, fresh);
        embed_avg.index_copy_(0, dead, fresh.mul(threshold));
        cluster_size.index_fill_(0, dead, threshold);
    }
}
