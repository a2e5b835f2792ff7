using System.Numerics;

namespace AudioGenTiny.Recipe;

/// <summary>A request to the synthesizer: a kind and named values of its properties.</summary>
/// <param name="Kind">Kind of sound.</param>
/// <param name="Traits">The named values; at most one per property, only of properties of the kind (<see cref="SoundCatalog.Properties"/>).</param>
public readonly record struct SynthesisRequest(SoundKind Kind, SoundTraits Traits = SoundTraits.None)
{
    /// <summary>The value named for a property, or <see cref="SoundTraits.None"/>.</summary>
    /// <param name="property">One property.</param>
    public SoundTraits Value(SoundProperty property) => Traits & SoundCatalog.Both(property);

    /// <summary>Samples a request: kinds are equally likely, each property is named with the given probability, its two values are equally likely.</summary>
    /// <param name="seed">Seed of the request.</param>
    /// <param name="naming">Probability of naming a property, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="naming"/> is not a probability.</exception>
    public static SynthesisRequest Sample(long seed, double naming = 0.45)
    {
        if (!(naming is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(naming), naming, $"The probability of naming a property is {naming}, but 0 to 1 was expected.");
        }

        return Sample(SoundCatalog.Kinds[new SoundRandom(seed, 0x4B494E44).Below(SoundCatalog.Kinds.Count)], seed, naming);
    }

    internal static SynthesisRequest Sample(SoundKind kind, long seed, double naming)
    {
        var random = new SoundRandom(seed, 0x52455155);
        var traits = SoundTraits.None;
        foreach (var property in SoundCatalog.Properties(kind))
        {
            var (first, second) = SoundCatalog.Values(property);
            var (named, value) = (random.Uniform() < naming, random.Uniform() < 0.5 ? first : second);
            traits |= named ? value : SoundTraits.None;
        }

        return new SynthesisRequest(kind, traits);
    }

    internal void Validate(string parameter)
    {
        if (!Enum.IsDefined(Kind))
        {
            throw new ArgumentException($"The kind is {(int)Kind}, but 0 to {SoundCatalog.Kinds.Count - 1} were expected.", parameter);
        }

        var allowed = SoundTraits.None;
        foreach (var property in SoundCatalog.Properties(Kind))
        {
            allowed |= SoundCatalog.Both(property);
            if (BitOperations.PopCount((uint)Value(property)) > 1)
            {
                throw new ArgumentException($"The traits are {Traits}, which have two values of {property}.", parameter);
            }
        }

        if ((Traits & ~allowed) is var excess and not SoundTraits.None)
        {
            throw new ArgumentException($"The traits name {excess}, but {Kind} has only {string.Join(", ", SoundCatalog.Properties(Kind))}.", parameter);
        }
    }
}
