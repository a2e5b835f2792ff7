using AudioCraft.Codecs;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Descript Audio Codec (Kumar et al. 2023; descript-audio-codec, dac/model/dac.py): convolutions with Snake, and a residual quantizer with factorized, normalized codebooks.
/// One audio channel; <see cref="DacCompressor"/> codes files of any number of channels and any rate.
/// </summary>
public sealed class DacModel : CompressionModel
{
    private readonly DacEncoder encoder;
    private readonly DacDecoder decoder;
    private readonly DacResidualVectorQuantizer quantizer;

    /// <summary>A model with random weights, in training mode as every new module is; call <c>eval()</c> to use it.</summary>
    /// <param name="config">The configuration of the model.</param>
    /// <exception cref="ArgumentException">A value is out of range or does not fit another; the message names it.</exception>
    public DacModel(DacConfig config) : base(nameof(DacModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        encoder = new DacEncoder(config);
        quantizer = new DacResidualVectorQuantizer(
            config.LatentDimensionOrDefault, config.Cardinality, [.. Enumerable.Range(0, config.NumCodebooks).Select(config.CodebookDimension)], config.QuantizerDropout);
        decoder = new DacDecoder(config);
        RegisterComponents();
        Delay = MeasureDelay();
    }

    /// <summary>The configuration of the model.</summary>
    public DacConfig Config { get; }

    /// <summary>Encodes audio [B, 1, T] to the latent sequence [B, D, F].</summary>
    public Module<Tensor, Tensor> Encoder => encoder;

    /// <summary>Decodes the latent sequence [B, D, F] to audio [B, 1, F·hop]; shorter by some samples where a rate is odd.</summary>
    public Module<Tensor, Tensor> Decoder => decoder;

    /// <summary>Converts the latent sequence to codes and back.</summary>
    public DacResidualVectorQuantizer Quantizer => quantizer;

    /// <summary>Samples a frame.</summary>
    public int HopLength => Config.HopLength;

    /// <summary>Delay in samples of audio encoded without padding (half of the receptive field): <c>get_delay</c> upstream.</summary>
    public long Delay { get; }

    /// <summary>1: several channels are encoded as separate items.</summary>
    public override int Channels => 1;

    /// <inheritdoc/>
    public override int SampleRate => Config.SampleRate;

    /// <inheritdoc/>
    public override double FrameRate => (double)SampleRate / HopLength;

    /// <inheritdoc/>
    public override int Cardinality => quantizer.Cardinality;

    /// <inheritdoc/>
    public override int NumCodebooks => quantizer.NumCodebooks;

    /// <inheritdoc/>
    public override int TotalCodebooks => quantizer.TotalCodebooks;

    /// <inheritdoc/>
    public override void SetNumCodebooks(int n) => quantizer.SetNumCodebooks(n);

    /// <summary>Encodes audio to codes with <see cref="NumCodebooks"/> codebooks. Zeros complete the last frame, as descript's own <c>preprocess</c> does, so that no sample is lost.</summary>
    /// <param name="x">Float [B, 1, T] at <see cref="SampleRate"/>, T at least 1, on the model's device.</param>
    /// <returns>Codes, int64 [B, K, ⌈T / hop⌉], and null: DAC has no scale. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x) => Encode(x, NumCodebooks);

    /// <summary>Encodes audio to codes with a given number of codebooks, as <see cref="Encode(Tensor)"/> does.</summary>
    /// <inheritdoc/>
    public override (Tensor Codes, Tensor? Scale) Encode(Tensor x, int codebooks)
    {
        CheckAudio(x);
        BaseQuantizer.CheckNumCodebooks(codebooks, TotalCodebooks, nameof(codebooks));
        TensorChecks.Finite(x, nameof(x));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var codes = EncodeInPieces(x, Config.EncoderDimension, codebooks) ?? EncodeWindow(Complete(x), padded: true, codebooks);
        return (codes.MoveToOuterDisposeScope(), null);
    }

    /// <summary>
    /// Encodes audio to codes as audiocraft's wrapper of DAC does: the last frame is not completed, so that up to a hop of samples at the end may be lost,
    /// and the last codes can differ from those of <see cref="Encode(Tensor)"/>.
    /// </summary>
    /// <param name="x">Float [B, 1, T], on the model's device.</param>
    /// <returns>Codes, int64 [B, K, F], F about ⌊T / hop⌋. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid, or there are too few samples for a frame.</exception>
    public Tensor EncodeWithoutCompletion(Tensor x)
    {
        CheckAudio(x);
        if (x.size(-1) < HopLength)
        {
            throw new ArgumentException($"x has {x.size(-1)} samples; a frame has {HopLength}.", nameof(x));
        }

        return EncodeWindow(x, padded: true, NumCodebooks);
    }

    /// <summary>Decodes codes to audio.</summary>
    /// <param name="codes">int64 [B, K, F], K at most <see cref="TotalCodebooks"/>, on the model's device.</param>
    /// <param name="scale">null: DAC has no scale.</param>
    /// <returns>
    /// Float [B, 1, F·hop], within ±1. Where a rate is odd, as in the models for 16 and 24 kHz, upstream's decoder returns some samples less than that (8 of 320 a frame,
    /// once for the whole audio, at its end): they are zero here. The caller owns it.
    /// </returns>
    /// <exception cref="ArgumentException">A shape or type is invalid, a code is not 0 to <see cref="Cardinality"/> − 1, or a scale is given.</exception>
    public override Tensor Decode(Tensor codes, Tensor? scale = null)
    {
        TensorChecks.Codes(codes, nameof(codes), TotalCodebooks, Cardinality);
        if (scale is not null)
        {
            throw new ArgumentException("DAC does not renormalize: it takes no scale.", nameof(scale));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var audio = DecodeInPieces(codes, Math.Max(1, Config.DecoderDimension >> Config.DecoderRates.Count)) ?? ToLength(DecodeWindow(codes, padded: true), codes.size(2) * HopLength);
        return audio.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor DecodeLatent(Tensor codes) => quantizer.Decode(codes);

    /// <summary>Encodes and decodes audio, with the length of the input. In training mode with gradients.</summary>
    /// <param name="input">Float [B, 1, T].</param>
    /// <returns>
    /// The audio [B, 1, T], the codes, the bandwidth in kb/s, and the penalty and metrics of <see cref="DacResidualVectorQuantizer.forward"/>. The caller owns it.
    /// </returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    public override QuantizedResult forward(Tensor input)
    {
        CheckAudio(input);
        using var guard = training ? null : no_grad();
        using var scope = NewDisposeScope();
        var quantized = quantizer.forward(encoder.Run(Complete(input), padded: true), FrameRate);
        var audio = ToLength(decoder.Run(quantized.X, padded: true), input.size(-1));
        return quantized with
        {
            X = audio.MoveToOuterDisposeScope(),
            Codes = quantized.Codes.MoveToOuterDisposeScope(),
            Bandwidth = quantized.Bandwidth.MoveToOuterDisposeScope(),
            Penalty = quantized.Penalty?.MoveToOuterDisposeScope(),
            Metrics = quantized.Metrics?.ToDictionary(m => m.Key, m => m.Value.MoveToOuterDisposeScope()),
        };
    }

    /// <summary>Output samples of the encoder and the decoder together, without padding; negative for too few.</summary>
    internal long LengthWithoutPadding(long samples) => Geometry.Aggregate(samples, (length, conv) => conv.LengthOut(length));

    /// <summary>Frames of an input of samples, without padding; 0 if it is too short for a convolution.</summary>
    internal long FramesWithoutPadding(long samples) => encoder.Geometry.Aggregate(samples, LengthOrNothing);

    /// <summary>Samples of an input of frames, without padding; 0 if it is too short for a convolution.</summary>
    internal long SamplesWithoutPadding(long frames) => decoder.Geometry.Aggregate(frames, LengthOrNothing);

    /// <summary>Encodes checked audio with the first <paramref name="codebooks"/> codebooks.</summary>
    /// <exception cref="ArgumentException">A sample is NaN or infinite.</exception>
    internal Tensor EncodeWindow(Tensor audio, bool padded, int codebooks)
    {
        TensorChecks.Finite(audio, nameof(audio));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return quantizer.Encode(encoder.Run(audio, padded), codebooks).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes checked codes.</summary>
    internal Tensor DecodeWindow(Tensor codes, bool padded)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return Finite(decoder.Run(quantizer.Decode(codes), padded)).MoveToOuterDisposeScope();
    }

    /// <summary>Pads with zeros to whole frames.</summary>
    internal Tensor Complete(Tensor audio)
    {
        var lacking = (HopLength - (audio.size(-1) % HopLength)) % HopLength;
        return lacking == 0 ? audio.alias() : functional.pad(audio, (0, lacking));
    }

    /// <summary>Trims or pads with zeros to a length.</summary>
    internal static Tensor ToLength(Tensor audio, long length) => audio.size(-1) >= length
        ? audio.narrow(-1, 0, length)
        : functional.pad(audio, (0, length - audio.size(-1)));

    internal void CheckAudio(Tensor x) => TensorChecks.Float(x, nameof(x), "[B, C, T]", Channels, quantizer.ElementType);

    private static long LengthOrNothing(long length, ConvGeometry conv) => length < 1 ? 0 : Math.Max(0, conv.LengthOut(length));

    /// <inheritdoc/>
    internal override StreamPlan PlanStream() => new(
        HopLength,
        Frames: 1,
        OpenEncoder: codebooks => new StreamingChain(
            new CompletedInput(encoder.OpenStream(), HopLength), new StreamingFunction(latent => quantizer.Encode(latent, codebooks()))),
        OpenDecoder: () => new StreamingChain(new StreamingFunction(quantizer.Decode), new CompletedOutput(decoder.OpenStream(), Channels, HopLength), new StreamingFunction(audio => Finite(audio).alias(), Finite)),
        CheckAudio: (samples, name) =>
        {
            TensorChecks.Float(samples, name, "[B, C, n]", Channels, quantizer.ElementType);
            TensorChecks.Finite(samples, name);
        },
        CheckCodes: (codes, name) => TensorChecks.Codes(codes, name, TotalCodebooks, Cardinality));

    private IEnumerable<ConvGeometry> Geometry => encoder.Geometry.Concat(decoder.Geometry);

    /// <summary>Computed as upstream does: from the (negative) output length of an empty input, back through all convolutions.</summary>
    private long MeasureDelay()
    {
        var shortest = LengthWithoutPadding(0);
        var needed = Geometry.Reverse().Aggregate(shortest, (length, conv) => conv.LengthIn(length));
        return (long)Math.Floor((needed - shortest) / 2.0);
    }
}
