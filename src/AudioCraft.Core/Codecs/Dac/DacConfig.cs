namespace AudioCraft;

/// <summary>The configuration of a <see cref="DacModel"/>; the defaults are those of the 44.1 kHz model (descript-audio-codec, dac/model/dac.py).</summary>
public sealed record DacConfig
{
    private const int MaximumWidth = 1 << 16, MaximumStages = 16, MaximumRate = 1 << 10;

    /// <summary>Samples a second, 1 to 1000000.</summary>
    public int SampleRate { get; init; } = 44100;

    /// <summary>Channels after the encoder's first convolution, 1 to 65536; each block doubles them.</summary>
    public int EncoderDimension { get; init; } = 64;

    /// <summary>Downsampling factor of each block of the encoder, 1 to 1024 each, at most 16 of them. Their product is the hop length.</summary>
    public IReadOnlyList<int> EncoderRates { get; init; } = [2, 4, 8, 8];

    /// <summary>Size of a latent vector, 1 to 65536, or null for the channels of the encoder's last block.</summary>
    public int? LatentDimension { get; init; }

    /// <summary>Channels after the decoder's first convolution, 1 to 65536; each block halves them.</summary>
    public int DecoderDimension { get; init; } = 1536;

    /// <summary>Upsampling factor of each block of the decoder; the product is the encoder's.</summary>
    public IReadOnlyList<int> DecoderRates { get; init; } = [8, 8, 4, 2];

    /// <summary>Number of codebooks, 1 to 1024.</summary>
    public int NumCodebooks { get; init; } = 9;

    /// <summary>Entries of a codebook, 1 to 65536: files hold codes in 16 bits.</summary>
    public int Cardinality { get; init; } = 1024;

    /// <summary>Size of a codebook's entries, 1 to 65536: one for all codebooks, or one for each.</summary>
    public IReadOnlyList<int> CodebookDimensions { get; init; } = [8];

    /// <summary>In training, the share of a batch that is encoded with a random number of codebooks, 0 to 1.</summary>
    public double QuantizerDropout { get; init; }

    /// <summary>Samples a frame.</summary>
    public int HopLength => EncoderRates.Aggregate(1, (a, b) => checked(a * b));

    /// <summary>Size of a latent vector.</summary>
    internal int LatentDimensionOrDefault => LatentDimension ?? checked(EncoderDimension << EncoderRates.Count);

    /// <summary>Size of the entries of codebook <paramref name="k"/>.</summary>
    internal int CodebookDimension(int k) => CodebookDimensions.Count == 1 ? CodebookDimensions[0] : CodebookDimensions[k];

    /// <exception cref="ArgumentException">A value is out of range or does not fit another; the message names it.</exception>
    internal void Validate()
    {
        InRange(SampleRate, 1_000_000, nameof(SampleRate));
        InRange(EncoderDimension, MaximumWidth, nameof(EncoderDimension));
        InRange(LatentDimension ?? 1, MaximumWidth, nameof(LatentDimension));
        InRange(DecoderDimension, MaximumWidth, nameof(DecoderDimension));
        InRange(NumCodebooks, 1024, nameof(NumCodebooks));
        InRange(Cardinality, 1 << 16, nameof(Cardinality));
        Each(EncoderRates, MaximumRate, MaximumStages, nameof(EncoderRates));
        Each(DecoderRates, MaximumRate, MaximumStages, nameof(DecoderRates));
        Each(CodebookDimensions, MaximumWidth, 1024, nameof(CodebookDimensions));
        Require((long)EncoderDimension << EncoderRates.Count <= 1 << 20, $"an encoder of {EncoderDimension} channels that doubles them {EncoderRates.Count} times is too wide.");
        Require(DecoderDimension >> DecoderRates.Count > 0, $"DecoderDimension is {DecoderDimension}, which cannot be halved {DecoderRates.Count} times.");
        Require(CodebookDimensions.Count == 1 || CodebookDimensions.Count == NumCodebooks, $"there are {CodebookDimensions.Count} CodebookDimensions; 1 or {NumCodebooks} were expected.");
        Require(QuantizerDropout is >= 0 and <= 1, $"QuantizerDropout is {QuantizerDropout}; 0 to 1 was expected.");
        var (shorter, longer) = (Product(EncoderRates), Product(DecoderRates));
        Require(shorter <= 1 << 20, $"the product of the EncoderRates is {shorter}; at most {1 << 20} was expected.");
        Require(shorter == longer, $"the encoder takes {shorter} samples a frame, the decoder {longer}.");
    }

    /// <summary>The number of elements of the weights, with folded weight normalization.</summary>
    internal double ParameterCount()
    {
        double width = EncoderDimension, count = Convolution(1, width, 7);
        foreach (var rate in EncoderRates)
        {
            count += Residuals(width) + width + Convolution(width, 2 * width, 2 * rate);
            width *= 2;
        }

        double latent = LatentDimensionOrDefault, inner = DecoderDimension;
        count += width + Convolution(width, latent, 3) + Convolution(latent, inner, 7);
        foreach (var (i, rate) in DecoderRates.Index())
        {
            double wide = DecoderDimension >> i, narrow = DecoderDimension >> (i + 1);
            count += wide + Convolution(wide, narrow, 2 * rate) + Residuals(narrow);
            inner = narrow;
        }

        count += inner + Convolution(inner, 1, 7);
        return count + Enumerable.Range(0, NumCodebooks).Sum(k =>
            Convolution(latent, CodebookDimension(k), 1) + Convolution(CodebookDimension(k), latent, 1) + (double)Cardinality * CodebookDimension(k));
    }

    private static double Convolution(double inputs, double outputs, double kernel) => inputs * outputs * kernel + outputs;

    private static double Residuals(double width) => 3 * (2 * width + Convolution(width, width, 7) + Convolution(width, width, 1));

    private static double Product(IReadOnlyList<int> rates) => rates.Aggregate(1.0, (a, b) => a * b);

    private static void Each(IReadOnlyList<int> values, int high, int most, string name)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        Require(values.Count >= 1 && values.Count <= most, $"there are {values.Count} {name}; 1 to {most} were expected.");
        foreach (var value in values)
        {
            InRange(value, high, name);
        }
    }

    private static void InRange(int value, int high, string name) => Require(value >= 1 && value <= high, $"{name} is {value}; 1 to {high} was expected.");

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ArgumentException($"DAC: {otherwise}");
        }
    }
}
