namespace AudioGenTiny.Recipe;

/// <summary>Level envelopes.</summary>
internal static class Envelope
{
    /// <summary>Up in <paramref name="attack"/>, held, and down in <paramref name="release"/> at the end.</summary>
    public static double Gate(double t, double seconds, double attack, double release) =>
        t < 0 || t > seconds ? 0 : Math.Min(1, Math.Min(t / attack, (seconds - t) / release));

    /// <summary>Up in <paramref name="attack"/>, then down to 1/e in every <paramref name="decay"/>.</summary>
    public static double Strike(double t, double attack, double decay) => t < 0 ? 0 : t < attack ? t / attack : Math.Exp(-(t - attack) / decay);

    /// <summary>Half a cosine from 0 to 1 and back over <paramref name="seconds"/>, with the crest at <paramref name="crest"/> (0 to 1).</summary>
    public static double Swell(double t, double seconds, double crest)
    {
        var x = t / seconds;
        return x is < 0 or > 1 ? 0 : 0.5 - 0.5 * Math.Cos(Math.PI * (x < crest ? x / crest : (1 - x) / (1 - crest)));
    }
}
