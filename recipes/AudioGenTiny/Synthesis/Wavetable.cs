namespace AudioGenTiny.Recipe;

/// <summary>One period of a tone with given harmonics.</summary>
internal sealed class Wavetable
{
    private const int Size = 2048;
    private readonly float[] _samples = new float[Size + 1];

    /// <param name="harmonics">Amplitudes of the fundamental and the overtones.</param>
    public Wavetable(params ReadOnlySpan<double> harmonics)
    {
        for (var h = 0; h < harmonics.Length; h++)
        {
            if (harmonics[h] == 0)
            {
                continue;
            }

            // A rotation per sample is cheaper than a sine.
            var (sin, cos) = Math.SinCos(2 * Math.PI * (h + 1) / Size);
            var (y, x) = (0.0, harmonics[h]);
            for (var i = 0; i <= Size; i++)
            {
                _samples[i] += (float)y;
                (y, x) = (y * cos + x * sin, x * cos - y * sin);
            }
        }
    }

    public static Wavetable Sine { get; } = new(1);

    /// <summary>Amplitudes 1/n^<paramref name="slope"/> of the harmonics n below the limit.</summary>
    public static Wavetable Falling(double hertz, double limit, double slope, int step = 1)
    {
        var harmonics = new double[Math.Clamp((int)(limit / hertz), 1, 64)];
        for (var n = 1; n <= harmonics.Length; n += step)
        {
            harmonics[n - 1] = Math.Pow(n, -slope);
        }

        return new Wavetable(harmonics);
    }

    /// <param name="phase">0 to below 1.</param>
    public float At(double phase)
    {
        var position = phase * Size;
        var i = (int)position;
        var fraction = (float)(position - i);
        return _samples[i] + fraction * (_samples[i + 1] - _samples[i]);
    }
}
