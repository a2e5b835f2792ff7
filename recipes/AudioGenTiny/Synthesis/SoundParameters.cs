namespace AudioGenTiny.Recipe;

/// <summary>The values of the properties of a sound, each from -1 to 1 (distance: 0, near, to 1).</summary>
internal readonly record struct SoundParameters(double Pitch, double Tempo, double Distance, double Length, double Repetition)
{
    /// <summary>A named value lies in the outer part of its side, an open one anywhere, that of a property which the kind lacks near the middle.</summary>
    public static SoundParameters Sample(SynthesisRequest request, SoundRandom random)
    {
        var distance = (1 - Signed(SoundProperty.Distance)) / 2;
        return new SoundParameters(
            Signed(SoundProperty.Pitch),
            Signed(SoundProperty.Tempo),
            SoundCatalog.Properties(request.Kind).Contains(SoundProperty.Distance) ? distance : 0.1,
            Signed(SoundProperty.Length),
            -Signed(SoundProperty.Repetition));

        double Signed(SoundProperty property)
        {
            var draw = random.Uniform();
            if (!SoundCatalog.Properties(request.Kind).Contains(property))
            {
                return 0.3 * draw - 0.15;
            }

            var value = request.Value(property);
            return value == SoundTraits.None ? 2 * draw - 1
                : value == SoundCatalog.Values(property).First ? 0.7 + 0.3 * draw : -0.7 - 0.3 * draw;
        }
    }

    /// <summary>From <paramref name="low"/> at -1 to <paramref name="high"/> at 1 in equal ratios.</summary>
    public static double Scale(double value, double low, double high) => low * Math.Pow(high / low, (value + 1) / 2);

    /// <summary>Number of repetitions, 1 to <paramref name="most"/>.</summary>
    public int Times(int most) => 1 + (int)Math.Floor((Repetition + 1) / 2 * (most - 1) + 0.5);
}
