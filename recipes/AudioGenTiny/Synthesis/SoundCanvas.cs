namespace AudioGenTiny.Recipe;

/// <summary>A buffer to which tones and noise are added. Times are in seconds; anything outside the buffer is ignored.</summary>
internal sealed class SoundCanvas(int rate, int length, SoundRandom random)
{
    // Frequencies and levels are evaluated at every eighth sample, and interpolated between.
    private const int Control = 8;

    public float[] Samples { get; } = new float[length];

    public int Rate => rate;

    public SoundRandom Random => random;

    public double Seconds => (double)length / rate;

    /// <summary>Half of the sample rate, with a margin: the highest usable frequency.</summary>
    public double Limit => Math.Min(0.46 * rate, 7600);

    public SoundCanvas Layer() => new(rate, length, random);

    /// <summary>A decaying sine: a mode of a struck body. <paramref name="decay"/> is the time to 1/e.</summary>
    public void Ring(double start, double hertz, double amplitude, double decay)
    {
        if (hertz >= Limit)
        {
            return;
        }

        var first = Math.Max(0, (int)(start * rate));
        var end = (int)Math.Min(length, first + Math.Min(9 * decay, Seconds) * rate);
        var r = Math.Exp(-1 / (decay * rate));
        var omega = 2 * Math.PI * hertz / rate;
        double c1 = 2 * r * Math.Cos(omega), c2 = r * r, y2 = -amplitude * Math.Sin(omega) / r, y1 = 0;
        for (var n = first; n < end; n++)
        {
            Samples[n] += (float)y1;
            (y1, y2) = (c1 * y1 - c2 * y2, y1);
        }
    }

    /// <summary>A tone; frequency and level are functions of the time since its start.</summary>
    public void Tone(double start, double seconds, Wavetable table, Func<double, double> hertz, Func<double, double> level)
    {
        var (first, end) = Range(start, seconds);
        double phase = 0, step = 1.0 / rate, amplitude = level(0), increment = 0, change = 0;
        for (var n = first; n < end; n++)
        {
            if ((n - first) % Control == 0)
            {
                var t = (n - first) * step;
                amplitude = level(t);
                change = (level(t + Control * step) - amplitude) / Control;
                increment = Math.Clamp(hertz(t) * step, 0, 0.49);
            }

            Samples[n] += (float)amplitude * table.At(phase);
            amplitude += change;
            phase += increment;
            phase -= Math.Floor(phase);
        }
    }

    /// <summary>White noise through filters in a row.</summary>
    public void Noise(double start, double seconds, Func<double, double> level, params ReadOnlySpan<Biquad> filters)
    {
        var (first, end) = Range(start, seconds);
        Span<Biquad> chain = stackalloc Biquad[filters.Length];
        filters.CopyTo(chain);
        double step = 1.0 / rate, amplitude = 0, change = 0;
        for (var n = first; n < end; n++)
        {
            if ((n - first) % Control == 0)
            {
                var t = (n - first) * step;
                amplitude = level(t);
                change = (level(t + Control * step) - amplitude) / Control;
            }

            var x = random.Noise();
            for (var f = 0; f < chain.Length; f++)
            {
                x = chain[f].Next(x);
            }

            Samples[n] += (float)amplitude * x;
            amplitude += change;
        }
    }

    /// <summary>A burst of decaying noise. <paramref name="decay"/> is the time to 1/e.</summary>
    public void Burst(double start, double amplitude, double decay, params ReadOnlySpan<Biquad> filters) =>
        Noise(start, 6 * decay, t => amplitude * Math.Exp(-t / decay), filters);

    public void Filter(Biquad filter)
    {
        for (var n = 0; n < Samples.Length; n++)
        {
            Samples[n] = filter.Next(Samples[n]);
        }
    }

    /// <summary>A band-pass with a moving center (state-variable filter in Zavalishin's form).</summary>
    public void Sweep(Func<double, double> hertz, double q)
    {
        double low = 0, band = 0, g = 0, k = 1 / q, a1 = 0, a2 = 0;
        for (var n = 0; n < Samples.Length; n++)
        {
            if (n % Control == 0)
            {
                g = Math.Tan(Math.PI * Math.Min(hertz((double)n / rate) / rate, 0.45));
                a1 = 1 / (1 + g * (g + k));
                a2 = g * a1;
            }

            var high = Samples[n] - low;
            var centre = a1 * band + a2 * high;
            low += 2 * (g * centre);
            band = 2 * centre - band;
            Samples[n] = (float)(centre * k);
        }
    }

    public void Shape(Func<double, double> level)
    {
        for (var n = 0; n < Samples.Length; n += Control)
        {
            var (a, b) = (level((double)n / rate), level((double)(n + Control) / rate));
            for (var i = n; i < Math.Min(n + Control, Samples.Length); i++)
            {
                Samples[i] *= (float)(a + (b - a) * (i - n) / Control);
            }
        }
    }

    /// <summary>Adds a layer so that its largest magnitude becomes <paramref name="peak"/>.</summary>
    public void Add(SoundCanvas layer, double peak)
    {
        var gain = (float)(peak / Math.Max(1e-9, layer.Peak()));
        for (var n = 0; n < Samples.Length; n++)
        {
            Samples[n] += gain * layer.Samples[n];
        }
    }

    public float Peak()
    {
        var peak = 0f;
        foreach (var sample in Samples)
        {
            peak = Math.Max(peak, Math.Abs(sample));
        }

        return peak;
    }

    private (int First, int End) Range(double start, double seconds)
    {
        var first = Math.Clamp((int)(start * rate), 0, length);
        return (first, (int)Math.Min(length, first + seconds * rate));
    }
}
