using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Residual vector quantizer of SoundStream and EnCodec (Zeghidour et al. 2021; audiocraft/quantization/vq.py): each codebook codes what the ones before it left over,
/// so the first K codebooks alone give a coarser version of the same sound.
/// </summary>
public sealed class ResidualVectorQuantizer : BaseQuantizer
{
    private readonly ResidualVectorQuantization vq;
    private int codebooksInUse;

    /// <summary>A quantizer with fresh codebooks; a checkpoint overwrites them.</summary>
    /// <param name="dimension">Size of a latent vector, 1 to 65536.</param>
    /// <param name="nQ">Number of codebooks, 1 to 1024.</param>
    /// <param name="qDropout">Whether training uses a random number of codebooks each time.</param>
    /// <param name="bins">Entries of a codebook, 1 to 1048576.</param>
    /// <param name="decay">Of the moving averages that learn the codebooks, 0 to 1.</param>
    /// <param name="kmeansInit">Whether the first training batch gives the first entries by k-means.</param>
    /// <param name="kmeansIters">Iterations of it.</param>
    /// <param name="thresholdEmaDeadCode">Entries used less than this are replaced in training.</param>
    /// <param name="orthogonalRegWeight">Weight of the orthogonal regularisation in training; 0 for none.</param>
    /// <param name="orthogonalRegActiveCodesOnly">Whether that looks only at entries that the batch uses.</param>
    /// <param name="orthogonalRegMaxCodes">The most entries that it looks at, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public ResidualVectorQuantizer(
        int dimension = 256,
        int nQ = 8,
        bool qDropout = false,
        int bins = 1024,
        double decay = 0.99,
        bool kmeansInit = true,
        int kmeansIters = 10,
        double thresholdEmaDeadCode = 2.0,
        double orthogonalRegWeight = 0.0,
        bool orthogonalRegActiveCodesOnly = false,
        int? orthogonalRegMaxCodes = null)
        : base(nameof(ResidualVectorQuantizer))
    {
        Config = new QuantizerConfig
        {
            CodebookCount = nQ,
            Bins = bins,
            CodebookDropout = qDropout,
            Decay = decay,
            KMeansInit = kmeansInit,
            KMeansIterations = kmeansIters,
            DeadCodeThreshold = thresholdEmaDeadCode,
            OrthogonalWeight = orthogonalRegWeight,
            OrthogonalActiveCodesOnly = orthogonalRegActiveCodesOnly,
            OrthogonalMaxCodes = orthogonalRegMaxCodes,
        };
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, 1 << 16);
        Config.Validate();
        Dimension = dimension;
        codebooksInUse = nQ;
        vq = new ResidualVectorQuantization(dimension, nQ, bins, kmeansInit);
        RegisterComponents();
    }

    internal ResidualVectorQuantizer(int dimension, QuantizerConfig config)
        : this(
            dimension, config.CodebookCount, config.CodebookDropout, config.Bins, config.Decay, config.KMeansInit, config.KMeansIterations,
            config.DeadCodeThreshold, config.OrthogonalWeight, config.OrthogonalActiveCodesOnly, config.OrthogonalMaxCodes)
    {
    }

    /// <summary>What it was made with.</summary>
    public QuantizerConfig Config { get; }

    /// <summary>Size of a latent vector.</summary>
    public int Dimension { get; }

    /// <inheritdoc/>
    public override int TotalCodebooks => Config.CodebookCount;

    /// <inheritdoc/>
    public override int NumCodebooks => codebooksInUse;

    /// <inheritdoc/>
    public override int Bins => Config.Bins;

    /// <summary>The type that the model computes in.</summary>
    internal ScalarType ElementType => vq.ElementType;

    /// <inheritdoc/>
    public override void SetNumCodebooks(int n)
    {
        if (n < 1 || n > TotalCodebooks)
        {
            throw new ArgumentOutOfRangeException(nameof(n), n, $"The number of codebooks must be 1 to {TotalCodebooks}.");
        }

        codebooksInUse = n;
    }

    /// <summary>Codes of the codebooks in use: float [B, D, F] → int64 [B, K, F].</summary>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public override Tensor Encode(Tensor x)
    {
        TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, vq.ElementType);
        using var guard = no_grad();
        return vq.Encode(x, codebooksInUse);
    }

    /// <summary>Codes of the first codebooks → their sum: int64 [B, K, F] → float [B, D, F].</summary>
    /// <exception cref="ArgumentException">The shape or type is not that, or a code is not 0 to <see cref="Bins"/> − 1.</exception>
    public override Tensor Decode(Tensor codes)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Bins);
        using var guard = no_grad();
        return vq.Decode(codes);
    }

    /// <summary>Quantizes: float [B, D, F] → the nearest that codes can say, the codes, the bandwidth in kb/s at this frame rate, and a penalty of 0.</summary>
    /// <param name="x">[B, D, F].</param>
    /// <param name="frameRate">Frames a second.</param>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    /// <exception cref="InvalidOperationException">The module is in training mode.</exception>
    public override QuantizedResult forward(Tensor x, double frameRate)
    {
        if (training)
        {
            throw new InvalidOperationException("Learning codebooks is not part of this version: call eval() before using the quantizer.");
        }

        TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, vq.ElementType);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var codes = vq.Encode(x, codebooksInUse);
        var quantized = vq.Decode(codes);
        var bandwidth = full([], (float)(codebooksInUse * Math.Log2(Bins) * frameRate / 1000), x.dtype, x.device);
        var penalty = zeros([], x.dtype, x.device);
        return new(
            quantized.MoveToOuterDisposeScope(), codes.MoveToOuterDisposeScope(), bandwidth.MoveToOuterDisposeScope(), penalty.MoveToOuterDisposeScope());
    }
}
