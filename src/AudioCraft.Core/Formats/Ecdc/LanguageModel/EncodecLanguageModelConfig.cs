namespace AudioCraft;

/// <summary>Shape of an <see cref="EncodecLanguageModel"/>; the defaults are those of the released ones (encodec/model.py), whose context is 3.5 s.</summary>
public sealed record EncodecLanguageModelConfig
{
    /// <summary>Codebooks, 1 to 1024.</summary>
    public int Codebooks { get; init; } = 32;

    /// <summary>Different codes of a codebook, 1 to 1048576.</summary>
    public int Cardinality { get; init; } = 1024;

    /// <summary>Size of a vector inside, an even number from 4 to 65536.</summary>
    public int Dimension { get; init; } = 200;

    /// <summary>Layers of the transformer, 1 to 1024.</summary>
    public int Layers { get; init; } = 5;

    /// <summary>Attention heads, a divisor of <see cref="Dimension"/>.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Size inside the feed-forward parts, 1 to 1048576.</summary>
    public int HiddenDimension { get; init; } = 800;

    /// <summary>How many steps back attention reaches, at least 1.</summary>
    public int PastContext { get; init; } = 262;

    /// <summary>Longest period of the sinusoidal positions, more than 1.</summary>
    public double MaxPeriod { get; init; } = 10000;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of range; the message names it.</exception>
    internal void Validate()
    {
        InRange(Codebooks, 1, 1024, nameof(Codebooks));
        InRange(Cardinality, 1, 1 << 20, nameof(Cardinality));
        InRange(Dimension, 4, 1 << 16, nameof(Dimension));
        InRange(Dimension % 2, 0, 0, $"remainder of {nameof(Dimension)} by 2");
        InRange(Layers, 1, 1024, nameof(Layers));
        InRange(Heads, 1, Dimension, nameof(Heads));
        InRange(Dimension % Heads, 0, 0, $"remainder of {nameof(Dimension)} by {nameof(Heads)}");
        InRange(HiddenDimension, 1, 1 << 20, nameof(HiddenDimension));
        InRange(PastContext, 1, 1 << 20, nameof(PastContext));
        InRange(MaxPeriod, double.BitIncrement(1), double.MaxValue, nameof(MaxPeriod));
    }

    private static void InRange(double value, double low, double high, string name)
    {
        if (!(value >= low && value <= high))
        {
            throw new ArgumentOutOfRangeException(name, value, $"Language model: {name} must be {low} to {high}.");
        }
    }
}
