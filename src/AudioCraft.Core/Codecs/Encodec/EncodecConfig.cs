namespace AudioCraft;

/// <summary>The configuration of an <see cref="EncodecModel"/>.</summary>
public sealed record EncodecConfig
{
    /// <summary>Samples a second, 1 to 1000000.</summary>
    public int SampleRate { get; init; } = 24000;

    /// <summary>Audio channels, 1 to 64.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Whether no output of the model depends on later input, so that it can encode audio while it arrives.</summary>
    public bool Causal { get; init; }

    /// <summary>Whether audio is scaled to unit volume before encoding and back after decoding. Not for causal models, which do not know the volume yet.</summary>
    public bool Renormalize { get; init; }

    /// <summary>Frames a second, or null for upstream's value: <see cref="SampleRate"/> divided by the hop length, the remainder dropped.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Seconds of audio that the model encodes at a time (see <see cref="SegmentedCodec"/>), or null if it encodes the audio as a whole.</summary>
    public double? SegmentSeconds { get; init; }

    /// <summary>The share of a segment that the next one repeats, 0 to less than 1. Without segments it has no meaning.</summary>
    public double SegmentOverlap { get; init; } = 0.01;

    /// <summary>The bandwidths in kb/s that the model was trained for; empty if that is not known.</summary>
    public IReadOnlyList<double> Bandwidths { get; init; } = [];

    /// <summary>Samples a segment, or null.</summary>
    public int? SegmentLength => SegmentSeconds is { } seconds ? (int)(seconds * SampleRate) : null;

    /// <summary>Samples from the start of a segment to the start of the next, or null.</summary>
    public int? SegmentStride => SegmentLength is { } length ? Math.Max(1, (int)((1 - SegmentOverlap) * length)) : null;

    /// <summary>Shape of the encoder.</summary>
    public SEANetConfig Encoder { get; init; } = new();

    /// <summary>Shape of the decoder, or null for the encoder's.</summary>
    public SEANetConfig? Decoder { get; init; }

    /// <summary>The quantizer.</summary>
    public QuantizerConfig Quantizer { get; init; } = new();

    /// <summary>The decoder's shape.</summary>
    internal SEANetConfig DecoderOrDefault => Decoder ?? Encoder;

    /// <summary>Frames a second.</summary>
    internal double FrameRateOrDefault => FrameRate ?? SampleRate / Encoder.HopLength;

    /// <summary>Checks that the values are in range and fit one another.</summary>
    /// <exception cref="ArgumentException">A value is out of range or does not fit another; the message names it.</exception>
    public void Validate()
    {
        Encoder.Validate();
        DecoderOrDefault.Validate();
        Quantizer.Validate();
        Require(SampleRate is >= 1 and <= 1_000_000, $"SampleRate is {SampleRate}; 1 to 1000000 was expected.");
        Require(FrameRateOrDefault is > 0 and <= 1_000_000, $"FrameRate is {FrameRateOrDefault}; more than 0, at most 1000000, was expected.");
        Require(
            SegmentSeconds is null || SegmentSeconds * SampleRate is >= 1 and <= int.MaxValue,
            $"SegmentSeconds is {SegmentSeconds}; a segment has at least one sample and at most {int.MaxValue}.");
        Require(SegmentOverlap is >= 0 and < 1, $"SegmentOverlap is {SegmentOverlap}; at least 0 and less than 1 was expected.");
        Require(Bandwidths.All(b => b > 0 && double.IsFinite(b)), $"Bandwidths are {string.Join(", ", Bandwidths)}; finite values above 0 were expected.");
        Require(!(Causal && Renormalize), "a causal model cannot renormalize: it does not know the volume of later audio.");
        Require(Encoder.Channels == Channels, $"the encoder has {Encoder.Channels} audio channels, the model {Channels}.");
        Require(DecoderOrDefault.Channels == Channels, $"the decoder has {DecoderOrDefault.Channels} audio channels, the model {Channels}.");
        Require(
            Encoder.Dimension == DecoderOrDefault.Dimension,
            $"the encoder's dimension is {Encoder.Dimension}, the decoder's {DecoderOrDefault.Dimension}.");
        Require(
            Encoder.HopLength == DecoderOrDefault.HopLength,
            $"the encoder takes {Encoder.HopLength} samples a frame, the decoder {DecoderOrDefault.HopLength}.");
    }

    /// <summary>The minimum number of elements of the weights.</summary>
    internal long MinParameterCount() => checked(
        Encoder.MinParameterCount() + DecoderOrDefault.MinParameterCount() + 2L * Quantizer.NumCodebooks * Quantizer.Cardinality * Encoder.Dimension);

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ArgumentException($"EnCodec: {otherwise}");
        }
    }
}
