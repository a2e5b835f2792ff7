using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Quantization;

/// <summary>A codebook whose entry nearest in direction is chosen (Yu et al. 2021, ℓ2-normalised codes), but whose entry itself is what a code stands for.</summary>
internal sealed class DacCodebook : Module
{
    /// <summary>Similarities computed at a time: 16 MiB of float32, whatever the length of the input.</summary>
    private const long SimilaritiesAtATime = 1 << 22;

    /// <summary>The least length that is divided by, as in PyTorch's <c>normalize</c>.</summary>
    private const float LeastLength = 1e-12f;

    private readonly Parameter weight;

    /// <param name="bins">Entries.</param>
    /// <param name="dimension">Size of each.</param>
    public DacCodebook(int bins, int dimension) : base(nameof(DacCodebook))
    {
        weight = ParameterFactory.Normal(bins, dimension);
        RegisterComponents();
    }

    /// <summary>Size of an entry.</summary>
    public long Dimension => weight.size(1);

    /// <summary>The entry nearest in direction to each column: [B, d, F] → [B, F], int64.</summary>
    public Tensor Encode(Tensor columns)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var rows = columns.transpose(1, 2).reshape(-1, Dimension);
        // The squared lengths of upstream's distance are all 1: only the product decides.
        var entries = Unit(weight).t();
        var chunk = Math.Max(1, SimilaritiesAtATime / weight.size(0));
        var codes = new List<Tensor>();
        for (var start = 0L; start < rows.size(0); start += chunk)
        {
            using var part = Unit(rows.narrow(0, start, Math.Min(chunk, rows.size(0) - start)));
            using var similarity = part.matmul(entries);
            codes.Add(similarity.argmax(1));
        }

        return (codes.Count == 1 ? codes[0] : cat(codes, 0)).view(columns.size(0), -1).MoveToOuterDisposeScope();
    }

    /// <summary>The entries: [B, F] → [B, d, F].</summary>
    public Tensor Decode(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, codes.reshape(-1)).view(codes.size(0), codes.size(1), -1).transpose(1, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Unit(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return (rows / rows.pow(2).sum(1, keepdim: true).sqrt().clamp_min(LeastLength)).MoveToOuterDisposeScope();
    }
}
