using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>Converts a latent sequence to codes and back (audiocraft/quantization/base.py).</summary>
public abstract class BaseQuantizer : Module<Tensor, double, QuantizedResult>
{
    /// <summary>Names the module. All codebooks are in use.</summary>
    /// <param name="name">Name of the module.</param>
    /// <param name="totalCodebooks">Number of codebooks, at least 1.</param>
    protected BaseQuantizer(string name, int totalCodebooks) : base(name) => NumCodebooks = TotalCodebooks = totalCodebooks;

    /// <summary>Number of codebooks of the quantizer.</summary>
    public int TotalCodebooks { get; }

    /// <summary>Number of codebooks that calls use unless they specify one, 1 to <see cref="TotalCodebooks"/>.</summary>
    public int NumCodebooks { get; private set; }

    /// <summary>Entries of a codebook.</summary>
    public abstract int Cardinality { get; }

    /// <summary>Encodes with <see cref="NumCodebooks"/> codebooks: float [B, D, F] → codes [B, K, F], int64.</summary>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public Tensor Encode(Tensor x) => Encode(x, NumCodebooks);

    /// <summary>Encodes with the first codebooks: float [B, D, F] → codes [B, K, F], int64. The codes of fewer codebooks are a prefix of those of more.</summary>
    /// <param name="x">The latent sequence.</param>
    /// <param name="codebooks">1 to <see cref="TotalCodebooks"/>.</param>
    /// <exception cref="ArgumentException">The shape, type or number of codebooks is invalid.</exception>
    public abstract Tensor Encode(Tensor x, int codebooks);

    /// <summary>Decodes the codes of the first codebooks to the sum of their entries: int64 [B, K, F] → float [B, D, F].</summary>
    /// <exception cref="ArgumentException">The shape or type is invalid, or a code is not 0 to <see cref="Cardinality"/> − 1.</exception>
    public abstract Tensor Decode(Tensor codes);

    /// <summary>Sets the number of codebooks that later calls use unless they specify one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to <see cref="TotalCodebooks"/>.</exception>
    public void SetNumCodebooks(int n) => NumCodebooks = CheckNumCodebooks(n, TotalCodebooks, nameof(n));

    /// <summary>Returns <paramref name="n"/> if it is 1 to <paramref name="total"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    internal static int CheckNumCodebooks(int n, int total, string name) =>
        n >= 1 && n <= total ? n : throw new ArgumentOutOfRangeException(name, n, $"The number of codebooks must be 1 to {total}.");
}
