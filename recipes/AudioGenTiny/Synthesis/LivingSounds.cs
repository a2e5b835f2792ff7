using static AudioGenTiny.Recipe.SoundParameters;

namespace AudioGenTiny.Recipe;

/// <summary>Sounds of animals and people.</summary>
internal static class LivingSounds
{
    public static void Bird(SoundCanvas c, SoundParameters p)
    {
        var (hertz, interval) = (Scale(p.Pitch, 1900, 4600), Scale(p.Tempo, 0.95, 0.17));
        var length = Math.Min(0.16, 0.75 * interval);
        for (var (t, i) = (0.1, 0); t < c.Seconds; t += interval * c.Random.Between(0.95, 1.05), i++)
        {
            var (from, to) = i % 3 == 2 ? (1.5, 0.9) : (0.85, 1.5);
            c.Tone(t, length, new Wavetable(1, 0.12), s => hertz * (from + (to - from) * Math.Pow(s / length, 1.5)), s => Envelope.Swell(s, length, 0.4));
        }
    }

    public static void Dog(SoundCanvas c, SoundParameters p)
    {
        var (voice, times) = (Scale(p.Pitch, 150, 560), p.Times(5));
        var body = Math.Pow(voice / 290, 0.4);
        var bark = c.Layer();
        var table = Wavetable.Falling(voice, 4500, 0.6);
        for (var i = 0; i < times; i++)
        {
            var start = 0.12 + 0.85 * i;
            bark.Tone(start, 0.3, table, t => voice * (0.75 + 0.75 * Envelope.Swell(t, 0.3, 0.3)), t => Envelope.Strike(t, 0.03, 0.1));
            bark.Noise(start, 0.3, t => 0.4 * Envelope.Strike(t, 0.01, 0.06));
        }

        Formants(c, bark, [(650 * body, 2.5, 1), (1350 * body, 3.5, 0.8), (2600 * body, 4, 0.35)]);
    }

    public static void Cat(SoundCanvas c, SoundParameters p)
    {
        const double Interval = 1.6, Length = 0.95;
        var (voice, times) = (Scale(p.Pitch, 330, 950), p.Times(3));
        var meow = c.Layer();
        for (var i = 0; i < times; i++)
        {
            meow.Tone(0.1 + Interval * i, Length, Wavetable.Falling(voice, c.Limit, 0.7),
                t => voice * (0.85 + 0.4 * Envelope.Swell(t, Length, 0.35)) * (1 + 0.012 * Math.Sin(38 * t)), t => Envelope.Gate(t, Length, 0.1, 0.35));
        }

        // The mouth opens from "m" to "ia" and closes to "ow".
        meow.Sweep(t => 700 + 2100 * Envelope.Swell((t - 0.1) % Interval, Length, 0.35), 2.2);
        c.Add(meow, 1);
    }

    public static void Owl(SoundCanvas c, SoundParameters p)
    {
        var hertz = Scale(p.Pitch, 230, 620);
        var table = new Wavetable(1, 0.12, 0.04);
        for (var i = 0; i < p.Times(3); i++)
        {
            Hoot(0.12 + 1.6 * i, 0.16);
            Hoot(0.42 + 1.6 * i, 0.55);
        }

        void Hoot(double start, double length)
        {
            c.Tone(start, length, table, t => hertz * (1 - 0.12 * t / length + 0.06 * Envelope.Swell(t, length, 0.3)), t => Envelope.Swell(t, length, 0.35));
            c.Noise(start, length, t => 0.12 * Envelope.Swell(t, length, 0.35), Biquad.BandPass(1.5 * hertz, c.Rate, 2));
        }
    }

    public static void Crickets(SoundCanvas c, SoundParameters p)
    {
        var (hertz, interval) = (Scale(p.Pitch, 3000, 5800), Scale(p.Tempo, 0.85, 0.16));
        var pulses = Math.Clamp((int)(0.6 * interval / 0.022), 3, 8);
        c.Tone(0, c.Seconds, new Wavetable(1, 0.1), _ => hertz, t =>
        {
            var s = t % interval;
            return s < pulses * 0.022 ? Envelope.Swell(s % 0.022, 0.018, 0.4) : 0;
        });
        c.Tone(0, c.Seconds, Wavetable.Sine, _ => 1.06 * hertz, t => (t + 0.45 * interval) % interval is var s && s < pulses * 0.022 ? 0.35 * Envelope.Swell(s % 0.022, 0.018, 0.4) : 0);
    }

    /// <summary>Two hundred claps a second, each a short resonance of cupped hands.</summary>
    public static void Applause(SoundCanvas c, SoundParameters p)
    {
        var length = Scale(p.Length, 1.0, 5.2);
        var filters = new Biquad[6];
        for (var i = 0; i < filters.Length; i++)
        {
            filters[i] = Biquad.BandPass(800 + 230 * i, c.Rate, 1.6);
        }

        for (var t = 0.02; t < Math.Min(length, c.Seconds); t -= Math.Log(1 - c.Random.Uniform()) / 170)
        {
            var level = c.Random.Between(0.25, 1) * Math.Min(1, t / 0.2) * Math.Min(1, 0.1 + (length - t) / (0.35 * length));
            c.Burst(t, level, c.Random.Between(0.003, 0.007), filters[c.Random.Below(filters.Length)]);
        }
    }

    private static void Formants(SoundCanvas canvas, SoundCanvas source, ReadOnlySpan<(double Hertz, double Q, double Level)> formants)
    {
        foreach (var (hertz, q, level) in formants)
        {
            var filter = Biquad.BandPass(hertz, canvas.Rate, q);
            for (var n = 0; n < canvas.Samples.Length; n++)
            {
                canvas.Samples[n] += (float)level * filter.Next(source.Samples[n]);
            }
        }
    }
}
