using AudioCraft.Codecs;
using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// EnCodec on the raw waveform (Défossez et al. 2022; audiocraft/models/encodec.py): a SEANet encoder, a residual vector quantizer, a SEANet decoder.
/// </summary>
public sealed class EncodecModel : CompressionModel
{
    /// <summary>Added to the volume of audio, so that silence can be divided by it.</summary>
    private static readonly Scalar VolumeOffset = 1e-8f;

    private readonly SEANetEncoder encoder;
    private readonly SEANetDecoder decoder;
    private readonly ResidualVectorQuantizer quantizer;

    /// <summary>A model with random weights, in training mode as every new module is; call <c>eval()</c> to use it.</summary>
    /// <param name="config">The configuration of the model.</param>
    /// <exception cref="ArgumentException">A value is out of range or does not fit another; the message names it.</exception>
    public EncodecModel(EncodecConfig config) : this(config, training: false) { }

    /// <summary>A model with random weights in the form that training needs, or in the form for inference.</summary>
    /// <param name="config">The configuration of the model.</param>
    /// <param name="training">
    /// Whether weight normalization keeps its own parameters <c>weight_g</c> and <c>weight_v</c>, as upstream's checkpoints have them, instead of one folded weight.
    /// Either form computes the same; whether codebooks learn is the module's mode, <c>train()</c> or <c>eval()</c>.
    /// </param>
    /// <exception cref="ArgumentException">A value is out of range or does not fit another; the message names it.</exception>
    public EncodecModel(EncodecConfig config, bool training) : base(nameof(EncodecModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        encoder = new SEANetEncoder(config.Encoder, training);
        decoder = new SEANetDecoder(config.DecoderOrDefault, training);
        quantizer = new ResidualVectorQuantizer(config.Encoder.Dimension, config.Quantizer);
        RegisterComponents();
    }

    /// <summary>The configuration of the model.</summary>
    public EncodecConfig Config { get; }

    /// <summary>Encodes audio [B, C, T] to the latent sequence [B, D, ⌈T / hop⌉].</summary>
    public Module<Tensor, Tensor> Encoder => encoder;

    /// <summary>Decodes the latent sequence [B, D, F] to audio [B, C, F·hop].</summary>
    public Module<Tensor, Tensor> Decoder => decoder;

    /// <summary>Converts the latent sequence to codes and back.</summary>
    public ResidualVectorQuantizer Quantizer => quantizer;

    /// <summary>Whether no output depends on later input.</summary>
    public bool Causal => Config.Causal;

    /// <summary>Whether audio is scaled to unit volume before encoding.</summary>
    public bool Renormalize => Config.Renormalize;

    /// <summary>Samples a frame.</summary>
    public int HopLength => Config.Encoder.HopLength;

    /// <inheritdoc/>
    public override int Channels => Config.Channels;

    /// <inheritdoc/>
    public override int SampleRate => Config.SampleRate;

    /// <inheritdoc/>
    public override double FrameRate => Config.FrameRateOrDefault;

    /// <inheritdoc/>
    public override int Cardinality => quantizer.Cardinality;

    /// <inheritdoc/>
    public override int NumCodebooks => quantizer.NumCodebooks;

    /// <inheritdoc/>
    public override int TotalCodebooks => quantizer.TotalCodebooks;

    /// <inheritdoc/>
    public override void SetNumCodebooks(int n) => quantizer.SetNumCodebooks(n);

    /// <summary>The number of codebooks that a bandwidth allows: each costs log2(<see cref="Cardinality"/>) bits a frame. At least 1, at most <see cref="TotalCodebooks"/>.</summary>
    /// <param name="bandwidth">In kb/s, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public int CodebooksFor(double bandwidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bandwidth);
        return (int)Math.Clamp(Math.Floor(bandwidth * 1000 / (Math.Log2(Cardinality) * FrameRate)), 1, TotalCodebooks);
    }

    /// <summary>Sets the number of codebooks by a bandwidth that the model was trained for.</summary>
    /// <param name="bandwidth">In kb/s: one of <see cref="EncodecConfig.Bandwidths"/>; where that is empty, any above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not one of these.</exception>
    public void SetTargetBandwidth(double bandwidth)
    {
        if (Config.Bandwidths.Count > 0 && !Config.Bandwidths.Contains(bandwidth))
        {
            throw new ArgumentOutOfRangeException(
                nameof(bandwidth), bandwidth, $"The model was trained for {string.Join(", ", Config.Bandwidths)} kb/s; one of these was expected.");
        }

        SetNumCodebooks(CodebooksFor(bandwidth));
    }

    /// <summary>
    /// The input of the encoder: for a model that renormalizes, the audio divided by its volume (the root mean square of the mean over channels, plus 1e-8), and that volume.
    /// </summary>
    /// <param name="x">Float [B, C, T].</param>
    /// <returns>[B, C, T], and [B, 1] or null. The caller owns both.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public (Tensor X, Tensor? Scale) Preprocess(Tensor x)
    {
        CheckAudio(x);
        if (!Renormalize)
        {
            return (x.alias(), null);
        }

        using var scope = NewDisposeScope();
        var mono = x.mean([1], keepdim: true);
        var scale = (mono * mono).mean([2], keepdim: true).sqrt().add(VolumeOffset, Scalars.One);
        return ((x / scale).MoveToOuterDisposeScope(), scale.view(-1, 1).MoveToOuterDisposeScope());
    }

    /// <summary>The reverse of <see cref="Preprocess"/>: [B, C, T] times the volume [B, 1], or unchanged without one. The caller owns the result.</summary>
    /// <exception cref="ArgumentException">A volume is given to a model that does not renormalize, or its shape is not [B, 1].</exception>
    public Tensor Postprocess(Tensor x, Tensor? scale = null)
    {
        ArgumentNullException.ThrowIfNull(x);
        CheckScale(scale, x.size(0));
        if (scale is null)
        {
            return x.alias();
        }

        using var factor = scale.view(-1, 1, 1);
        return x * factor;
    }

    /// <inheritdoc/>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x) => Encode(x, NumCodebooks);

    /// <inheritdoc/>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x, int codebooks)
    {
        CheckAudio(x);
        BaseQuantizer.CheckNumCodebooks(codebooks, TotalCodebooks, nameof(codebooks));
        TensorChecks.Finite(x, nameof(x));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (input, scale) = Preprocess(x);
        var codes = (CanStream ? EncodeInPieces(input, Config.Encoder.Filters, codebooks) : null) ?? quantizer.Encode(encoder.Run(input), codebooks);
        return (codes.MoveToOuterDisposeScope(), scale?.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override Tensor Decode(Tensor codes, Tensor? scale = null)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Cardinality);
        CheckScale(scale, codes.size(0));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var audio = (CanStream ? DecodeInPieces(codes, Config.DecoderOrDefault.Filters) : null) ?? decoder.Run(quantizer.Decode(codes));
        return Finite(Postprocess(audio, scale)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor DecodeLatent(Tensor codes) => quantizer.Decode(codes);

    /// <summary>
    /// Encodes and decodes audio, trimmed to the length of the input. In training mode with gradients, and the codebooks are updated: see <see cref="ResidualVectorQuantizer"/>.
    /// </summary>
    /// <param name="input">Float [B, C, T].</param>
    /// <returns>The audio [B, C, T], the codes, the bandwidth in kb/s, and the quantizer's penalty, 0 in evaluation. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public override QuantizedResult forward(Tensor input)
    {
        CheckAudio(input);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var (x, scale) = Preprocess(input);
        var quantized = quantizer.forward(encoder.forward(x), FrameRate);
        var audio = Postprocess(decoder.forward(quantized.X).narrow(-1, 0, input.size(-1)), scale);
        return quantized with
        {
            X = audio.MoveToOuterDisposeScope(),
            Codes = quantized.Codes.MoveToOuterDisposeScope(),
            Bandwidth = quantized.Bandwidth.MoveToOuterDisposeScope(),
            Penalty = quantized.Penalty?.MoveToOuterDisposeScope(),
        };
    }

    /// <summary>Frames of about a second.</summary>
    internal long FramesPerPiece => HopsPerSecond(HopLength);

    /// <summary>Whether codes do not depend on the whole audio, so that the model can process a stream.</summary>
    internal bool CanStream => !Renormalize && !HasTimeGroupNorm;

    /// <inheritdoc/>
    internal override StreamPlan PlanStream()
    {
        if (Renormalize)
        {
            throw new NotSupportedException(
                "This model renormalizes: it divides by the volume of the whole audio, which a stream does not know. Encode segments of the length that it was trained for, each with its own scale.");
        }

        if (HasTimeGroupNorm)
        {
            throw new NotSupportedException(
                "This model has TimeGroupNorm, whose statistics cover the whole audio, so it does not support streams. Encode segments of the length that it was trained for.");
        }

        return new(
            HopLength,
            Frames: 1,
            OpenEncoder: codebooks => new StreamingChain(encoder.OpenStream(), new StreamingFunction(latent => quantizer.Encode(latent, codebooks()))),
            OpenDecoder: () => new StreamingChain(new StreamingFunction(quantizer.Decode), decoder.OpenStream(), new StreamingFunction(audio => Finite(audio).alias(), Finite)),
            CheckAudio: (samples, name) =>
            {
                TensorChecks.Float(samples, name, "[B, C, n]", Channels, quantizer.ElementType);
                TensorChecks.Finite(samples, name);
            },
            CheckCodes: (codes, name) => TensorChecks.Codes(codes, name, TotalCodebooks, Cardinality));
    }

    private bool HasTimeGroupNorm => Config.Encoder.HasTimeGroupNorm || Config.DecoderOrDefault.HasTimeGroupNorm;

    private void CheckAudio(Tensor x) => TensorChecks.Float(x, nameof(x), "[B, C, T]", Channels, quantizer.ElementType);

    private void CheckScale(Tensor? scale, long batch)
    {
        if (scale is null)
        {
            return;
        }

        if (!Renormalize)
        {
            throw new ArgumentException("This model does not renormalize: it takes no scale.", nameof(scale));
        }

        if (scale.shape is not [var items, 1] || items != batch)
        {
            throw new ArgumentException($"scale has shape {TensorChecks.Text(scale.shape)}; [{batch}, 1] was expected.", nameof(scale));
        }

        TensorChecks.Finite(scale, nameof(scale));
    }
}
