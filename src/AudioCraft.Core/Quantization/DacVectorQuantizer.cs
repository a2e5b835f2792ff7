using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>One stage of DAC's quantizer: the latent is projected to few dimensions, encoded there (Yu et al. 2021, factorized codes), and projected back.</summary>
internal sealed class DacVectorQuantizer : Module
{
    /// <summary>Standard deviation of the initial weights of the projections, as in upstream.</summary>
    private const double InitialDeviation = 0.02;

    private readonly PointwiseConv1d in_proj;
    private readonly PointwiseConv1d out_proj;
    private readonly DacCodebook codebook;

    /// <param name="latent">Size of a latent vector.</param>
    /// <param name="bins">Entries of the codebook.</param>
    /// <param name="dimension">Size of each.</param>
    public DacVectorQuantizer(int latent, int bins, int dimension) : base(nameof(DacVectorQuantizer))
    {
        in_proj = new PointwiseConv1d(latent, dimension, InitialDeviation);
        out_proj = new PointwiseConv1d(dimension, latent, InitialDeviation);
        codebook = new DacCodebook(bins, dimension);
        RegisterComponents();
    }

    /// <summary>Size of a codebook's entry.</summary>
    public long Dimension => codebook.Dimension;

    /// <summary>The type that the model computes in.</summary>
    public ScalarType ElementType => in_proj.ElementType;

    /// <summary>[B, D, F] → the same in the codebook's dimensions, [B, d, F].</summary>
    public Tensor Project(Tensor latent) => in_proj.forward(latent);

    /// <summary>[B, d, F] → codes [B, F].</summary>
    public Tensor Encode(Tensor projected) => codebook.Encode(projected);

    /// <summary>Codes [B, F] → entries [B, d, F].</summary>
    public Tensor Entries(Tensor codes) => codebook.Decode(codes);

    /// <summary>[B, d, F] → [B, D, F].</summary>
    public Tensor Restore(Tensor entries) => out_proj.forward(entries);

    /// <summary>
    /// The contribution of the entries to the latent: [B, d, F] → [B, D, F]. The gradient ignores the choice of the entry (straight through);
    /// the sum and difference that do this round, and upstream's codes of the next stages depend on it.
    /// </summary>
    public Tensor Quantized(Tensor projected, Tensor entries)
    {
        using var scope = NewDisposeScope();
        return Restore(projected.add((entries - projected).detach(), Scalars.One)).MoveToOuterDisposeScope();
    }
}

/// <summary>A codebook that encodes a vector as the entry nearest in direction (Yu et al. 2021, ℓ2-normalized codes) and decodes to the unnormalized entry.</summary>
internal sealed class DacCodebook : Module
{
    /// <summary>Similarities computed at a time: 16 MiB of float32, whatever the length of the input.</summary>
    private const long SimilaritiesAtATime = 1 << 22;

    /// <summary>The minimum divisor, as in PyTorch's <c>normalize</c>.</summary>
    private static readonly Scalar MinLength = 1e-12f;

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
        return (rows / (rows * rows).sum(1, keepdim: true).sqrt().clamp_min(MinLength)).MoveToOuterDisposeScope();
    }
}
