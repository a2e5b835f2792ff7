using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>Turns a latent sequence into codes and back (audiocraft/quantization/base.py).</summary>
public abstract class BaseQuantizer : Module<Tensor, double, QuantizedResult>
{
    /// <summary>Names the module.</summary>
    protected BaseQuantizer(string name) : base(name) { }

    /// <summary>Codebooks that there are.</summary>
    public abstract int TotalCodebooks { get; }

    /// <summary>Codebooks in use, 1 to <see cref="TotalCodebooks"/>.</summary>
    public abstract int NumCodebooks { get; }

    /// <summary>Entries of a codebook.</summary>
    public abstract int Bins { get; }

    /// <summary>[B, D, F] → codes [B, K, F], int64.</summary>
    public abstract Tensor Encode(Tensor x);

    /// <summary>Codes [B, K, F] → [B, D, F].</summary>
    public abstract Tensor Decode(Tensor codes);

    /// <summary>Chooses how many codebooks are used from now on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to <see cref="TotalCodebooks"/>.</exception>
    public abstract void SetNumCodebooks(int n);
}
