using AudioCraft.Codecs;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>
/// Descript Audio Codec (Kumar et al. 2023; descript-audio-codec, dac/model/dac.py): convolutions with Snake, and a residual quantizer with factorised, normalised codebooks.
/// One audio channel; <see cref="DacCompressor"/> codes files of any number of channels and any rate.
/// </summary>
public sealed partial class DacModel : CompressionModel
{
    private readonly DacEncoder encoder;
    private readonly DacDecoder decoder;
    private readonly DacResidualVectorQuantizer quantizer;

    /// <summary>A model with random weights, in training mode as every new module is; call <c>eval()</c> to use it.</summary>
    /// <param name="config">Its shape.</param>
    /// <exception cref="ArgumentException">A value is out of range or does not fit another; the message names it.</exception>
    public DacModel(DacConfig config) : base(nameof(DacModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        encoder = new DacEncoder(config);
        quantizer = new DacResidualVectorQuantizer(config);
        decoder = new DacDecoder(config);
        RegisterComponents();
        Delay = MeasureDelay();
    }

    /// <summary>Its shape.</summary>
    public DacConfig Config { get; }

    /// <summary>Sound [B, 1, T] to the latent sequence [B, D, F].</summary>
    public Module<Tensor, Tensor> Encoder => encoder;

    /// <summary>The latent sequence [B, D, F] to sound [B, 1, F·hop]; shorter by some samples where a rate is odd.</summary>
    public Module<Tensor, Tensor> Decoder => decoder;

    /// <summary>The latent sequence to codes and back.</summary>
    public DacResidualVectorQuantizer Quantizer => quantizer;

    /// <summary>Samples a frame.</summary>
    public int HopLength => Config.HopLength;

    /// <summary>Samples by which sound coded without padding is behind (half of what the convolutions look at): <c>get_delay</c> upstream.</summary>
    public long Delay { get; }

    /// <summary>1: more channels are coded as so many sounds.</summary>
    public override int Channels => 1;

    /// <inheritdoc/>
    public override int SampleRate => Config.SampleRate;

    /// <inheritdoc/>
    public override double FrameRate => (double)SampleRate / HopLength;

    /// <inheritdoc/>
    public override int Cardinality => quantizer.Bins;

    /// <inheritdoc/>
    public override int NumCodebooks => quantizer.NumCodebooks;

    /// <inheritdoc/>
    public override int TotalCodebooks => quantizer.TotalCodebooks;

    internal DacEncoder EncoderBlocks => encoder;

    internal DacDecoder DecoderBlocks => decoder;

    /// <inheritdoc/>
    public override void SetNumCodebooks(int n) => quantizer.SetNumCodebooks(n);

    /// <summary>Sound to codes. Zeros complete the last frame, as descript's own <c>preprocess</c> does, so that no sample is lost.</summary>
    /// <param name="x">Float [B, 1, T] at <see cref="SampleRate"/>, T at least 1, on the model's device.</param>
    /// <returns>Codes, int64 [B, K, ⌈T / hop⌉], and null: DAC has no scale. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x)
    {
        CheckSound(x);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var codes = EncodeInPieces(x, Config.EncoderDimension) ?? EncodeWindow(Complete(x), padded: true, NumCodebooks);
        return (codes.MoveToOuterDisposeScope(), null);
    }

    /// <summary>
    /// Sound to codes as audiocraft's wrapper of DAC does it: the last frame is not completed, so that up to a hop of samples at the end may be lost,
    /// and the last codes can differ from those of <see cref="Encode"/>.
    /// </summary>
    /// <param name="x">Float [B, 1, T], on the model's device.</param>
    /// <returns>Codes, int64 [B, K, F], F about ⌊T / hop⌋. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that, or there are too few samples for a frame.</exception>
    public Tensor EncodeWithoutCompletion(Tensor x)
    {
        CheckSound(x);
        if (x.size(-1) < HopLength)
        {
            throw new ArgumentException($"x has {x.size(-1)} samples; a frame takes {HopLength}.", nameof(x));
        }

        return EncodeWindow(x, padded: true, NumCodebooks);
    }

    /// <summary>Codes to sound.</summary>
    /// <param name="codes">int64 [B, K, F], K at most <see cref="TotalCodebooks"/>, on the model's device.</param>
    /// <param name="scale">null: DAC has no scale.</param>
    /// <returns>
    /// Float [B, 1, F·hop], within ±1. Where a rate is odd, as in the models for 16 and 24 kHz, upstream's decoder makes some samples less than that (8 of 320 a frame,
    /// once for the whole sound, at its end): they are zero here. The caller owns it.
    /// </returns>
    /// <exception cref="ArgumentException">A shape or type is not that, a code is not 0 to <see cref="Cardinality"/> − 1, or a scale is given.</exception>
    public override Tensor Decode(Tensor codes, Tensor? scale = null)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Cardinality);
        if (scale is not null)
        {
            throw new ArgumentException("DAC does not renormalize: it takes no scale.", nameof(scale));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sound = DecodeInPieces(codes, Math.Max(1, Config.DecoderDimension >> Config.DecoderRates.Count)) ?? ToLength(DecodeWindow(codes, padded: true), codes.size(2) * HopLength);
        return sound.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor DecodeLatent(Tensor codes) => quantizer.Decode(codes);

    /// <summary>Sound to codes to sound, of the same length. In training mode gradients flow through all of it.</summary>
    /// <param name="input">Float [B, 1, T].</param>
    /// <returns>
    /// The sound [B, 1, T], the codes, the bandwidth in kb/s, and what <see cref="DacResidualVectorQuantizer.forward"/> says of penalty and metrics. The caller owns it.
    /// </returns>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public override QuantizedResult forward(Tensor input)
    {
        CheckSound(input);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var quantized = quantizer.forward(encoder.Run(Complete(input), padded: true), FrameRate);
        var sound = ToLength(decoder.Run(quantized.X, padded: true), input.size(-1));
        return quantized with
        {
            X = sound.MoveToOuterDisposeScope(),
            Codes = quantized.Codes.MoveToOuterDisposeScope(),
            Bandwidth = quantized.Bandwidth.MoveToOuterDisposeScope(),
            Penalty = quantized.Penalty?.MoveToOuterDisposeScope(),
            Metrics = quantized.Metrics?.ToDictionary(m => m.Key, m => m.Value.MoveToOuterDisposeScope()),
        };
    }

    /// <summary>Samples out of the encoder and the decoder together, without padding; negative for too few.</summary>
    internal long LengthWithoutPadding(long samples) => Geometry.Aggregate(samples, (length, conv) => conv.LengthOut(length));

    /// <summary>Frames out of samples, without padding; 0 if a convolution would have too little to work on.</summary>
    internal long FramesWithoutPadding(long samples) => encoder.Geometry.Aggregate(samples, LengthOrNothing);

    /// <summary>Samples out of frames, without padding; 0 if a convolution would have too little to work on.</summary>
    internal long SamplesWithoutPadding(long frames) => decoder.Geometry.Aggregate(frames, LengthOrNothing);

    /// <summary>Codes of checked sound, with the first <paramref name="codebooks"/>.</summary>
    internal Tensor EncodeWindow(Tensor sound, bool padded, int codebooks)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return quantizer.EncodeWith(encoder.Run(sound, padded), codebooks).MoveToOuterDisposeScope();
    }

    /// <summary>Sound of checked codes.</summary>
    internal Tensor DecodeWindow(Tensor codes, bool padded)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return decoder.Run(quantizer.Decode(codes), padded).MoveToOuterDisposeScope();
    }

    /// <summary>Zeros behind, up to whole frames.</summary>
    internal Tensor Complete(Tensor sound)
    {
        var lacking = (HopLength - (sound.size(-1) % HopLength)) % HopLength;
        return lacking == 0 ? sound.alias() : functional.pad(sound, (0, lacking));
    }

    /// <summary>Cuts off what is too long, and fills with zeros what is too short.</summary>
    internal static Tensor ToLength(Tensor sound, long length) => sound.size(-1) >= length
        ? sound.narrow(-1, 0, length)
        : functional.pad(sound, (0, length - sound.size(-1)));

    internal void CheckSound(Tensor x) => TensorChecks.Float(x, nameof(x), "[B, C, T]", Channels, quantizer.ElementType);

    private static long LengthOrNothing(long length, ConvGeometry conv) => length < 1 ? 0 : Math.Max(0, conv.LengthOut(length));

    private IEnumerable<ConvGeometry> Geometry => encoder.Geometry.Concat(decoder.Geometry);

    /// <summary>Upstream's own reckoning: from the (negative) length that nothing becomes, back through all convolutions.</summary>
    private long MeasureDelay()
    {
        var shortest = LengthWithoutPadding(0);
        var needed = Geometry.Reverse().Aggregate(shortest, (length, conv) => conv.LengthIn(length));
        return (long)Math.Floor((needed - shortest) / 2.0);
    }
}
