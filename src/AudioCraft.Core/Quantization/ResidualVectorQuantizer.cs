using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Residual vector quantizer of SoundStream and EnCodec (Zeghidour et al. 2021; audiocraft/quantization/vq.py): each codebook encodes the residual of the previous ones,
/// so the first K codebooks alone give a coarser version of the same audio.
/// </summary>
public sealed class ResidualVectorQuantizer : BaseQuantizer
{
    private readonly ResidualVectorQuantization vq;
    private readonly TrainingSampler sampler;

    /// <summary>Creates a quantizer with new codebooks; a checkpoint overwrites them.</summary>
    /// <param name="dimension">Size of a latent vector, 1 to 65536.</param>
    /// <param name="nQ">Number of codebooks, 1 to 1024.</param>
    /// <param name="qDropout">Whether training uses a random number of codebooks each time.</param>
    /// <param name="bins">Entries of a codebook, 1 to 1048576.</param>
    /// <param name="decay">Decay of the exponential moving averages that update the codebooks, 0 to 1.</param>
    /// <param name="kmeansInit">Whether the first training batch initializes the entries by k-means.</param>
    /// <param name="kmeansIters">Iterations of it.</param>
    /// <param name="thresholdEmaDeadCode">Entries used less than this are replaced in training.</param>
    /// <param name="orthogonalRegWeight">Weight of the orthogonal regularization in training; 0 for none.</param>
    /// <param name="orthogonalRegActiveCodesOnly">Whether that includes only entries that the batch uses.</param>
    /// <param name="orthogonalRegMaxCodes">The maximum number of entries that it includes, or null for all.</param>
    /// <param name="upstreamLearning">Whether codebooks are updated with upstream's faults: see <see cref="QuantizerConfig.UpstreamLearning"/>.</param>
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
            NumCodebooks = nQ,
            Cardinality = bins,
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
    /// <param name="sampler">Source of random choices; null for libtorch's default generator.</param>
    internal ResidualVectorQuantizer(int dimension, QuantizerConfig config, TrainingSampler? sampler = null)
        : base(nameof(ResidualVectorQuantizer), config.NumCodebooks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, 1 << 16);
        config.Validate();
        Config = config;
        Dimension = dimension;
        this.sampler = sampler ?? new TrainingSampler();
        vq = new ResidualVectorQuantization(dimension, config);
        RegisterComponents();
    }

    /// <summary>The settings of the quantizer.</summary>
    public QuantizerConfig Config { get; }

    /// <summary>Size of a latent vector.</summary>
    public int Dimension { get; }

    /// <summary>
    /// The source of the random choices of training (which vectors become entries, how many codebooks a step uses); libtorch's default generator when null.
    /// A CPU generator for any device, which the caller disposes. The same seed and batches give the same codebooks.
    /// </summary>
    public Generator? Generator
    {
        get => sampler.Generator;
        set => sampler.Generator = value is null || value.device.type == DeviceType.CPU
            ? value
            : throw new ArgumentException($"A CPU generator was expected, not one on {value.device}.", nameof(value));
    }

    /// <inheritdoc/>
    public override int Cardinality => Config.Cardinality;

    /// <summary>The type that the model computes in.</summary>
    internal ScalarType ElementType => vq.ElementType;

    /// <inheritdoc/>
    public override Tensor Encode(Tensor x, int codebooks)
    {
        TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, vq.ElementType);
        CheckNumCodebooks(codebooks, TotalCodebooks, nameof(codebooks));
        using var guard = no_grad();
        return vq.Encode(x, codebooks);
    }

    /// <inheritdoc/>
    public override Tensor Decode(Tensor codes)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Cardinality);
        using var guard = no_grad();
        return vq.Decode(codes);
    }

    /// <summary>Quantizes. In training mode it also updates the codebooks, by exponential moving averages of the vectors that they encode, not by gradients.</summary>
    /// <param name="x">Float [B, D, F].</param>
    /// <param name="frameRate">Frames a second.</param>
    /// <returns>
    /// The quantized sequence [B, D, F], the codes [B, K, F], the bandwidth in kb/s at this frame rate, and a penalty, 0 in evaluation. The caller owns them.
    /// In training the result uses the codebooks before this step's update; the gradient passes straight through to <paramref name="x"/>;
    /// the penalty is the commitment loss, a mean over codebooks, plus the regularization; and with dropout K is sampled from 1 to <see cref="BaseQuantizer.NumCodebooks"/>.
    /// </returns>
    /// <remarks>
    /// With k-means the first batch in training mode initializes the entries; a batch in evaluation mode never does, unlike upstream.
    /// Entries that encode too few vectors are then replaced by vectors of the batch: see <see cref="QuantizerConfig.DeadCodeThreshold"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">The shape or type of <paramref name="x"/> is invalid.</exception>
    public override QuantizedResult forward(Tensor x, double frameRate)
    {
        TensorChecks.Float(x, nameof(x), "[B, D, F]", Dimension, vq.ElementType);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var inUse = NumCodebooks;
        var codebooks = training && Config.CodebookDropout ? sampler.SampleNumCodebooks(inUse) : inUse;
        var (quantized, codes, penalty) = training ? vq.Learn(x, codebooks, sampler) : Quantize(x, codebooks);
        using Scalar kilobits = (float)(codebooks * Math.Log2(Cardinality) * frameRate / 1000);
        var bandwidth = full([], kilobits, x.dtype, x.device);
        return new(
            quantized.MoveToOuterDisposeScope(), codes.MoveToOuterDisposeScope(), bandwidth.MoveToOuterDisposeScope(), penalty.MoveToOuterDisposeScope());
    }

    private (Tensor Quantized, Tensor Codes, Tensor Penalty) Quantize(Tensor x, int codebooks)
    {
        var codes = vq.Encode(x, codebooks);
        return (vq.Decode(codes), codes, zeros([], x.dtype, x.device));
    }
}
