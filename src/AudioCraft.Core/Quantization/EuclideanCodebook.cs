using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Quantization;

/// <summary>One codebook: a vector is coded as its nearest entry. The buffers have upstream's names (audiocraft/quantization/core_vq.py).</summary>
internal sealed class EuclideanCodebook : Module
{
    /// <summary>Distances computed at a time: 16 MiB of float32, whatever the length of the input.</summary>
    private const long DistancesAtATime = 1 << 22;

    // Buffers, not parameters: they are learnt by moving averages, not by gradients.
    private readonly Tensor inited;
    private readonly Tensor cluster_size;
    private readonly Tensor embed;
    private readonly Tensor embed_avg;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="bins">Entries.</param>
    /// <param name="kmeansInit">Whether the first training batch is to give the entries; until then they are zero.</param>
    public EuclideanCodebook(int dimension, int bins, bool kmeansInit) : base(nameof(EuclideanCodebook))
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        inited = full([1], kmeansInit ? 0f : 1f).DetachFromDisposeScope();
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

    /// <summary>The type of the entries.</summary>
    public ScalarType ElementType => embed.dtype;

    /// <summary>Nearest entry of each row: [N, D] → [N], int64.</summary>
    public Tensor Encode(Tensor rows)
    {
        using var scope = NewDisposeScope();

        // |x − e|² is least where x·e − |e|²/2 is greatest: |x|² only adds rounding.
        var halfSquares = embed.pow(2).sum(1).mul_(0.5f);
        var entries = embed.t();
        var count = rows.size(0);
        var chunk = Math.Max(1, DistancesAtATime / embed.size(0));
        var codes = new List<Tensor>();
        for (var start = 0L; start < count; start += chunk)
        {
            using var similarity = addmm(halfSquares, rows.narrow(0, start, Math.Min(chunk, count - start)), entries, -1f, 1f);
            codes.Add(similarity.argmax(1));
        }

        return (codes.Count == 1 ? codes[0] : cat(codes, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The entries for codes in range: [N] → [N, D].</summary>
    public Tensor Decode(Tensor codes) => embed.index_select(0, codes);
}
