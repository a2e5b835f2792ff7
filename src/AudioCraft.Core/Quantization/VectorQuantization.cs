using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Quantization;

/// <summary>One stage of a residual vector quantizer. In EnCodec the codebook has the latent's own dimension, so there is no projection.</summary>
internal sealed class VectorQuantization : Module
{
    private readonly EuclideanCodebook _codebook;

    /// <param name="dimension">Size of a vector.</param>
    /// <param name="bins">Entries of the codebook.</param>
    /// <param name="kmeansInit">Whether the first training batch is to give the entries.</param>
    public VectorQuantization(int dimension, int bins, bool kmeansInit) : base(nameof(VectorQuantization))
    {
        _codebook = new EuclideanCodebook(dimension, bins, kmeansInit);
        RegisterComponents();
    }

    /// <summary>The type of the codebook.</summary>
    public ScalarType ElementType => _codebook.ElementType;

    /// <summary>Nearest entries: [N, D] → [N].</summary>
    public Tensor Encode(Tensor rows) => _codebook.Encode(rows);

    /// <summary>Entries: [N] → [N, D].</summary>
    public Tensor Decode(Tensor codes) => _codebook.Decode(codes);
}
