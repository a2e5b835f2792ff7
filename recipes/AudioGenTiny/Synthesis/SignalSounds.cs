using static AudioGenTiny.Recipe.SoundParameters;

namespace AudioGenTiny.Recipe;

/// <summary>Sounds of devices that call or warn: tones under simple envelopes.</summary>
internal static class SignalSounds
{
    public static void Siren(SoundCanvas c, SoundParameters p)
    {
        var (low, period) = (Scale(p.Pitch, 330, 900), Scale(p.Tempo, 3.4, 0.4));
        var table = Wavetable.Falling(2.2 * low, c.Limit, 1.2);
        c.Tone(0, c.Seconds, table, t => low * Math.Pow(2.2, 0.5 - 0.5 * Math.Cos(2 * Math.PI * t / period)), _ => 1);
    }

    public static void Phone(SoundCanvas c, SoundParameters p)
    {
        var hertz = Scale(p.Pitch, 620, 1900);
        var table = new Wavetable(1, 0.3, 0.15);
        for (var i = 0; i < p.Times(3); i++)
        {
            c.Tone(0.1 + 1.65 * i, 0.95, table, t => t * 20 % 1 < 0.5 ? hertz : 1.26 * hertz, t => Envelope.Gate(t, 0.95, 0.01, 0.08) * (t * 40 % 1 < 0.85 ? 1 : 0.5));
        }
    }

    public static void AlarmClock(SoundCanvas c, SoundParameters p)
    {
        var (hertz, interval) = (Scale(p.Pitch, 1000, 3000), Scale(p.Tempo, 0.85, 0.13));
        var table = Wavetable.Falling(hertz, c.Limit, 1, step: 2);
        c.Tone(0, c.Seconds, table, _ => hertz, t => (t - 0.08) is var s and > 0 && s % interval / interval < 0.5 ? 1 : 0);
    }

    public static void Laser(SoundCanvas c, SoundParameters p)
    {
        var (high, length) = (Scale(p.Pitch, 1500, 6000), Scale(p.Length, 0.16, 0.95));
        var table = new Wavetable(1, 0.4, 0.2);
        for (var i = 0; i < p.Times(4); i++)
        {
            c.Tone(0.1 + 1.15 * i, length, table, t => high * Math.Pow(0.1, t / length), t => Envelope.Gate(t, length, 0.004, 0.3 * length));
        }
    }

    public static void Coin(SoundCanvas c, SoundParameters p)
    {
        var hertz = Scale(p.Pitch, 560, 1700);
        var table = Wavetable.Falling(1.335 * hertz, c.Limit, 1, step: 2);
        for (var i = 0; i < p.Times(4); i++)
        {
            c.Tone(0.1 + 1.1 * i, 0.85, table, t => t < 0.085 ? hertz : 1.335 * hertz, t => t < 0.085 ? 1 : Envelope.Strike(t - 0.085, 0.002, 0.22));
        }
    }

    /// <summary>The pea in a referee's whistle interrupts it about thirty times a second.</summary>
    public static void Whistle(SoundCanvas c, SoundParameters p)
    {
        var (hertz, length) = (Scale(p.Pitch, 1250, 3400), Scale(p.Length, 0.28, 3.6));
        c.Tone(0.1, length, new Wavetable(1, 0.08, 0.05), t => hertz * (1 + 0.045 * Math.Sin(2 * Math.PI * 30 * t)),
            t => Envelope.Gate(t, length, 0.03, 0.06) * (0.65 + 0.35 * Math.Sin(2 * Math.PI * 30 * t)));
        c.Noise(0.1, length, t => 0.25 * Envelope.Gate(t, length, 0.03, 0.06), Biquad.BandPass(1.2 * hertz, c.Rate, 1.5));
    }

    public static void TrainHorn(SoundCanvas c, SoundParameters p)
    {
        var (root, length) = (Scale(p.Pitch, 105, 300), Scale(p.Length, 0.5, 3.8));
        foreach (var ratio in (ReadOnlySpan<double>)[1, 1.26, 1.498, 1.888])
        {
            var hertz = root * ratio * c.Random.Between(0.996, 1.004);
            c.Tone(0.1, length, Wavetable.Falling(hertz, 2600, 0.75), t => hertz * (1 - 0.06 * Math.Exp(-t / 0.06)), t => Envelope.Gate(t, length, 0.07, 0.15));
        }

        c.Noise(0.1, length, t => 0.5 * Envelope.Gate(t, length, 0.07, 0.15), Biquad.BandPass(1500, c.Rate, 0.7));
    }

    public static void CarHorn(SoundCanvas c, SoundParameters p)
    {
        var root = c.Random.Between(400, 440);
        for (var i = 0; i < p.Times(5); i++)
        {
            foreach (var hertz in (ReadOnlySpan<double>)[root, 1.25 * root])
            {
                var tone = hertz;
                c.Tone(0.1 + 0.85 * i, 0.42, Wavetable.Falling(hertz, c.Limit, 0.55), _ => tone, t => Envelope.Gate(t, 0.42, 0.015, 0.04));
            }
        }
    }
}
