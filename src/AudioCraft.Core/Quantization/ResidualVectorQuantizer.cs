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
    private readonly TrainingDraws draws;
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
    /// <param name="upstreamLearning">Whether codebooks learn with upstream's faults: see <see cref="QuantizerConfig.UpstreamLearning"/>.</param>
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
        int? orthogonalRegMaxCodes = null,
        bool upstreamLearning = false)
        : this(dimension, new QuantizerConfig
        {
            CodebookCount = nQ,
            Bins = bins,
            CodebookDropout = qDropout,
            Decay = decay,
            KMeansInit = kmeansInit,
            KMeansIterations = kmeansIters,
            DeadCodeThreshold = thresholdEmaDeadCode,
            UpstreamLearning = upstreamLearning,
            OrthogonalWeight = orthogonalRegWeight,
            OrthogonalActiveCodesOnly = orthogonalRegActiveCodesOnly,
            OrthogonalMaxCodes = orthogonalRegMaxCodes,
        })
    {
    }

    /// <param name="dimension">Size of a latent vector.</param>
    /// <param name="config">Everything else.</param>
    /// <param name="draws">Where random choices come from; null for libtorch's generator.</param>
    internal ResidualVectorQuantizer(int dimension, QuantizerConfig config, TrainingDraws? draws = null) : base(nameof(ResidualVectorQuantizer))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, 1 << 16);
        config.Validate();
        Config = config;
        Dimension = dimension;
        codebooksInUse = config.CodebookCount;
        this.draws = draws ?? new TrainingDraws();
        vq = new ResidualVectorQuantization(dimension, config);
        RegisterComponents();
    }

    /// <summary>What it was made with.</summary>
    public QuantizerConfig Config { get; }

    /// <summary>Size of a latent vector.</summary>
    public int Dimension { get; }

    /// <summary>
    /// Where the random choices of training come from (which vectors become entries, how many codebooks a step uses); libtorch's own generator when null.
    /// A generator of the CPU, whatever the device; it stays the caller's to dispose. The same seed and batches give the same codebooks.
    /// </summary>
    public Generator? Generator
    {
        get => draws.Generator;
        set => draws.Generator = value is null || value.device.type == DeviceType.CPU
            ? value
            : throw new ArgumentException($"A generator of the CPU was expected, not of {value.device}.", nameof(value));
    }

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

    /// <summary>Quantizes. In training mode it also learns: the codebooks move towards what they code, by moving averages, not by a gradient.</summary>
    /// <param name="x">Float [B, D, F].</param>
    /// <param name="frameRate">Frames a second.</param>
    /// <returns>
    /// The nearest that codes can say [B, D, F], the codes [B, K, F], the bandwidth in kb/s at this frame rate, and a penalty, 0 in evaluation. The caller owns them.
    /// In training the result is said by the codebooks as they were before this step; the gradient passes straight through to <paramref name="x"/>;
    /// the penalty is the commitment loss, a mean over codebooks, plus the regularisation; and with dropout K is drawn, 1 to <see cref="NumCodebooks"/>.
    /// </returns>
    /// <remarks>
    /// With k-means the first batch in training mode gives the first entries; a batch in evaluation mode never does, unlike upstream.
    /// Entries that code too little are then replaced by vectors of the batch: see <see cref="QuantizerConfig.DeadCodeThreshold"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">The shape or type of <paramref name="x"/> is not that.</exception>
    public override QuantizedResult forward(Tensor x, double frameRate)
    {
        TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, vq.ElementType);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var codebooks = training && Config.CodebookDropout ? draws.CodebookCount(codebooksInUse) : codebooksInUse;
        var (quantized, codes, penalty) = training ? vq.Learn(x, codebooks, draws) : Code(x);
        var bandwidth = full([], (float)(codebooks * Math.Log2(Bins) * frameRate / 1000), x.dtype, x.device);
        return new(
            quantized.MoveToOuterDisposeScope(), codes.MoveToOuterDisposeScope(), bandwidth.MoveToOuterDisposeScope(), penalty.MoveToOuterDisposeScope());
    }

    private (Tensor Quantized, Tensor Codes, Tensor Penalty) Code(Tensor x)
    {
        var codes = vq.Encode(x, codebooksInUse);
        return (vq.Decode(codes), codes, zeros([], x.dtype, x.device));
    }
}
