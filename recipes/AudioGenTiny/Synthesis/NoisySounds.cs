using static AudioGenTiny.Recipe.SoundParameters;

namespace AudioGenTiny.Recipe;

/// <summary>Sounds of weather, water, fire and machines: noise in bands and its movement.</summary>
internal static class NoisySounds
{
    public static void Rain(SoundCanvas c, SoundParameters p)
    {
        c.Noise(0, c.Seconds, _ => 0.5, Biquad.HighPass(1000, c.Rate, 0.5));
        for (var t = 0.0; t < c.Seconds; t -= Math.Log(1 - c.Random.Uniform()) / 45)
        {
            c.Ring(t, c.Random.Between(1500, 5500), c.Random.Between(0.2, 0.55), c.Random.Between(0.002, 0.005));
        }
    }

    public static void Wind(SoundCanvas c, SoundParameters p)
    {
        var centre = Scale(p.Pitch, 230, 1250);
        var (slow, phase) = (c.Random.Between(0.3, 0.45), c.Random.Between(0, 6.28));
        var howl = c.Layer();
        howl.Noise(0, c.Seconds, _ => 1);
        howl.Sweep(t => centre * Math.Pow(1.45, Gust(t)), 7);
        howl.Shape(t => 0.6 + 0.4 * Gust(t));
        c.Add(howl, 1);
        var breath = c.Layer();
        breath.Noise(0, c.Seconds, t => 0.75 + 0.25 * Gust(t), Biquad.LowPass(centre, c.Rate));
        c.Add(breath, 0.25);

        double Gust(double t) => 0.7 * Math.Sin(2 * Math.PI * slow * t + phase) + 0.3 * Math.Sin(2 * Math.PI * 2.6 * slow * t + 2 * phase);
    }

    /// <summary>Surf: each wave builds up slowly, breaks, and runs out brighter than it came.</summary>
    public static void Waves(SoundCanvas c, SoundParameters p)
    {
        var period = Scale(p.Tempo, 4.2, 1.1);
        var offset = 0.25 * period;
        var low = c.Layer();
        low.Noise(0, c.Seconds, t => 0.06 + Math.Pow(Envelope.Swell((t + offset) % period, period, 0.55), 1.6), Biquad.LowPass(500, c.Rate, 0.5));
        c.Add(low, 1);
        var foam = c.Layer();
        foam.Noise(0, c.Seconds, t => 0.02 + Math.Pow(Envelope.Swell((t + offset - 0.08 * period) % period, period, 0.6), 2.5), Biquad.BandPass(2200, c.Rate, 0.4));
        c.Add(foam, 0.6);
    }

    public static void Frying(SoundCanvas c, SoundParameters p)
    {
        c.Noise(0, c.Seconds, _ => 0.35, Biquad.HighPass(4800, c.Rate), Biquad.HighPass(4200, c.Rate));
        for (var t = 0.0; t < c.Seconds; t -= Math.Log(1 - c.Random.Uniform()) / 28)
        {
            c.Ring(t, c.Random.Between(3200, 6800), c.Random.Between(0.25, 0.65), c.Random.Between(0.0015, 0.004));
        }
    }

    public static void Thunder(SoundCanvas c, SoundParameters p)
    {
        var length = Scale(p.Length, 0.9, 4.8);
        var rolls = 2 + (int)(1.7 * length);
        var rumble = c.Layer();
        for (var i = 0; i < rolls; i++)
        {
            var (start, swell) = (0.1 + 0.72 * length * i / rolls * c.Random.Between(0.85, 1.1), 0.28 * length + 0.15);
            var level = (i == 0 ? 0.7 : c.Random.Between(0.55, 1)) * Math.Exp(-1.3 * i / rolls);
            rumble.Noise(start, swell, t => level * Envelope.Swell(t, swell, 0.25), Biquad.LowPass(150, c.Rate), Biquad.LowPass(260, c.Rate));
        }

        c.Add(rumble, 1);
        var crackle = c.Layer();
        for (var i = 0; i < 9; i++)
        {
            crackle.Burst(0.1 + 0.05 * i * c.Random.Between(0.6, 1.4), Math.Exp(-0.2 * i), 0.035, Biquad.BandPass(700, c.Rate, 0.5));
        }

        c.Add(crackle, 0.35);
    }

    public static void Explosion(SoundCanvas c, SoundParameters p)
    {
        var decay = Scale(p.Length, 0.13, 1.0);
        c.Noise(0.1, 7 * decay, t => 1.6 * Envelope.Strike(t, 0.003, decay), Biquad.LowPass(480, c.Rate));
        c.Noise(0.1, 3 * decay, t => 1.3 * Envelope.Strike(t, 0.002, 0.3 * decay), Biquad.LowPass(3500, c.Rate));
        c.Tone(0.1, 5 * decay, Wavetable.Sine, t => 38 + 75 * Math.Exp(-t / 0.1), t => 0.8 * Envelope.Strike(t, 0.004, 0.6 * decay));
        for (var i = 0; i < 40 * decay; i++)
        {
            var late = 0.1 + 2.2 * decay * c.Random.Uniform();
            c.Burst(0.1 + late, 0.7 * Math.Exp(-late / (1.2 * decay)), 0.006, Biquad.BandPass(c.Random.Between(1500, 4500), c.Rate, 1));
        }
    }

    /// <summary>A pulse for every firing, through an exhaust, uneven as an idling engine is.</summary>
    public static void Engine(SoundCanvas c, SoundParameters p)
    {
        var firing = Scale(p.Pitch, 24, 125);
        var (wobble, phase) = (c.Random.Between(1.2, 1.8), c.Random.Between(0, 6.28));
        var pulses = c.Layer();
        pulses.Tone(0, c.Seconds, Wavetable.Falling(firing, 2400, 0.35), t => firing * (1 + 0.03 * Math.Sin(2 * Math.PI * wobble * t + phase)), _ => 1);
        pulses.Filter(Biquad.LowPass(700, c.Rate));
        c.Add(pulses, 1);
        var gas = c.Layer();
        gas.Noise(0, c.Seconds, t => 0.5 + 0.5 * Math.Sin(2 * Math.PI * firing * t), Biquad.BandPass(450, c.Rate, 0.5));
        c.Add(gas, 0.3);
    }

    public static void Helicopter(SoundCanvas c, SoundParameters p)
    {
        var chop = Scale(p.Tempo, 5, 17);
        var blades = c.Layer();
        blades.Noise(0, c.Seconds, t => Chop(t), Biquad.LowPass(420, c.Rate), Biquad.HighPass(60, c.Rate));
        blades.Tone(0, c.Seconds, Wavetable.Sine, _ => 75, t => 0.3 * Chop(t));
        c.Add(blades, 1);
        var air = c.Layer();
        air.Noise(0, c.Seconds, t => 0.15 + Chop(t), Biquad.BandPass(1500, c.Rate, 0.6));
        c.Add(air, 0.3);
        c.Tone(0, c.Seconds, Wavetable.Sine, _ => 2350, _ => 0.045);

        double Chop(double t) => Math.Pow(0.5 + 0.5 * Math.Cos(2 * Math.PI * chop * t), 3);
    }
}
