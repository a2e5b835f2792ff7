using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Quantization;

/// <summary>One stage of DAC's quantizer: the latent is projected to few dimensions, coded there (Yu et al. 2021, factorised codes), and projected back.</summary>
internal sealed class DacVectorQuantizer : Module
{
    private readonly DacConv1d in_proj;
    private readonly DacConv1d out_proj;
    private readonly DacCodebook codebook;

    /// <param name="latent">Size of a latent vector.</param>
    /// <param name="bins">Entries of the codebook.</param>
    /// <param name="dimension">Size of each.</param>
    public DacVectorQuantizer(int latent, int bins, int dimension) : base(nameof(DacVectorQuantizer))
    {
        in_proj = new DacConv1d(latent, dimension, 1);
        out_proj = new DacConv1d(dimension, latent, 1);
        codebook = new DacCodebook(bins, dimension);
        RegisterComponents();
    }

    /// <summary>Size of a codebook's entry.</summary>
    public long Dimension => codebook.Dimension;

    /// <summary>The type that the model computes in.</summary>
    public ScalarType ElementType => in_proj.ElementType;

    /// <summary>[B, D, F] → the same in the codebook's dimensions, [B, d, F].</summary>
    public Tensor Project(Tensor latent) => in_proj.Run(latent, padded: false);

    /// <summary>[B, d, F] → codes [B, F].</summary>
    public Tensor Encode(Tensor projected) => codebook.Encode(projected);

    /// <summary>Codes [B, F] → entries [B, d, F].</summary>
    public Tensor Entries(Tensor codes) => codebook.Decode(codes);

    /// <summary>[B, d, F] → [B, D, F].</summary>
    public Tensor Restore(Tensor entries) => out_proj.Run(entries, padded: false);

    /// <summary>
    /// What the entries contribute to the latent: [B, d, F] → [B, D, F]. The gradient passes the choice of the entry as if it were not there (straight through);
    /// the sum and difference that do this round, and upstream's codes of the next stages depend on it.
    /// </summary>
    public Tensor Quantized(Tensor projected, Tensor entries)
    {
        using var scope = NewDisposeScope();
        return Restore(projected + (entries - projected).detach()).MoveToOuterDisposeScope();
    }
}
