using static AudioGenTiny.Recipe.SoundParameters;

namespace AudioGenTiny.Recipe;

/// <summary>Sounds of struck or breaking bodies: decaying modes.</summary>
internal static class StruckSounds
{
    public static void Doorbell(SoundCanvas c, SoundParameters p)
    {
        var ding = Scale(p.Pitch, 420, 1250);
        for (var i = 0; i < p.Times(3); i++)
        {
            var start = 0.1 + 1.6 * i;
            Tone(start, ding);
            Tone(start + 0.55, ding * 0.7937);
        }

        void Tone(double start, double hertz)
        {
            c.Ring(start, hertz, 1, 0.32);
            c.Ring(start, 2 * hertz, 0.35, 0.2);
            c.Ring(start, 3.01 * hertz, 0.2, 0.12);
            c.Ring(start, 5.3 * hertz, 0.1, 0.03);
        }
    }

    /// <summary>Partials of a church bell: hum, prime, tierce, quint, nominal and above.</summary>
    public static void ChurchBell(SoundCanvas c, SoundParameters p)
    {
        ReadOnlySpan<(double Ratio, double Level, double Decay)> partials =
            [(0.5, 0.5, 1.3), (1, 0.9, 0.9), (1.19, 0.6, 0.7), (1.5, 0.35, 0.5), (2, 1, 0.6), (2.51, 0.4, 0.35), (3.01, 0.45, 0.3), (4.17, 0.35, 0.2), (5.43, 0.25, 0.12), (6.8, 0.2, 0.08)];
        var prime = Scale(p.Pitch, 150, 620);
        for (var i = 0; i < p.Times(3); i++)
        {
            foreach (var (ratio, level, decay) in partials)
            {
                c.Ring(0.1 + 1.6 * i, prime * ratio, level, decay);
            }
        }
    }

    public static void Clock(SoundCanvas c, SoundParameters p)
    {
        var interval = Scale(p.Tempo, 1.1, 0.2);
        var tick = c.Random.Between(2200, 2600);
        for (var (t, i) = (0.1, 0); t < c.Seconds; t += interval, i++)
        {
            var hertz = i % 2 == 0 ? tick : 0.72 * tick;
            c.Ring(t, hertz, 1, 0.014);
            c.Ring(t, 1.83 * hertz, 0.6, 0.009);
            c.Ring(t + 0.022, hertz, 0.5, 0.012);
            c.Burst(t, 0.3, 0.002, Biquad.HighPass(1500, c.Rate));
        }
    }

    public static void Footsteps(SoundCanvas c, SoundParameters p)
    {
        var interval = Scale(p.Tempo, 1.15, 0.26);
        for (var (t, i) = (0.12, 0); t < c.Seconds; t += interval * c.Random.Between(0.97, 1.03), i++)
        {
            var side = i % 2 == 0 ? 1 : 0.88;
            c.Ring(t, 95 * side, 1, 0.03);
            c.Ring(t, 210 * side, 0.5, 0.02);
            c.Burst(t, 1.6, 0.014, Biquad.LowPass(900 * side, c.Rate));
            c.Burst(t + 0.07, 0.5, 0.02, Biquad.BandPass(1800 * side, c.Rate, 0.8));
        }
    }

    public static void Typing(SoundCanvas c, SoundParameters p)
    {
        var interval = Scale(p.Tempo, 0.5, 0.09);
        for (var (t, i) = (0.08, 0); t < c.Seconds; t += interval * c.Random.Between(0.55, 1.45), i++)
        {
            var (space, level) = (i % 6 == 5, c.Random.Between(0.7, 1));
            var key = (space ? 550 : 1250) * c.Random.Between(0.9, 1.1);
            c.Ring(t, key, level, 0.008);
            c.Burst(t, 1.2 * level, 0.007, Biquad.BandPass(space ? 1200 : 3200, c.Rate, 0.6));
            c.Burst(t + 0.05, 0.4 * level, 0.006, Biquad.BandPass(4200, c.Rate, 0.7));
        }
    }

    public static void Glass(SoundCanvas c, SoundParameters p)
    {
        for (var i = 0; i < p.Times(3); i++)
        {
            var start = 0.12 + 1.55 * i;
            c.Burst(start, 0.8, 0.03, Biquad.HighPass(2200, c.Rate));
            c.Burst(start, 0.5, 0.12, Biquad.HighPass(4200, c.Rate));
            for (var shard = 0; shard < 34; shard++)
            {
                var late = shard < 10 ? 0.01 * shard : -0.22 * Math.Log(1 - 0.93 * c.Random.Uniform());
                c.Ring(start + late, c.Random.Between(2400, 7200), 0.45 * Math.Exp(-late / 0.3), c.Random.Between(0.015, 0.07));
            }
        }
    }

    /// <summary>A bubble's tone rises as the drop closes over it.</summary>
    public static void WaterDrip(SoundCanvas c, SoundParameters p)
    {
        var (interval, hertz) = (Scale(p.Tempo, 1.35, 0.24), Scale(p.Pitch, 420, 1700));
        for (var t = 0.12; t < c.Seconds; t += interval * c.Random.Between(0.96, 1.04))
        {
            var bubble = hertz * c.Random.Between(0.94, 1.06);
            c.Tone(t, 0.18, Wavetable.Sine, s => bubble * (1 + 1.3 * Math.Min(s / 0.07, 1.2)), s => Envelope.Strike(s, 0.004, 0.032));
            c.Burst(t, 0.12, 0.002, Biquad.HighPass(3000, c.Rate));
        }
    }

    public static void Heartbeat(SoundCanvas c, SoundParameters p)
    {
        var interval = Scale(p.Tempo, 1.4, 0.38);
        for (var t = 0.1; t < c.Seconds; t += interval)
        {
            Thump(t, 52, 1);
            Thump(t + Math.Min(0.3, 0.36 * interval), 68, 0.6);
        }

        void Thump(double start, double hertz, double level)
        {
            c.Ring(start, hertz, level, 0.05);
            c.Ring(start, 2 * hertz, 0.45 * level, 0.035);
            c.Burst(start, 0.7 * level, 0.025, Biquad.LowPass(160, c.Rate), Biquad.LowPass(220, c.Rate));
        }
    }
}
