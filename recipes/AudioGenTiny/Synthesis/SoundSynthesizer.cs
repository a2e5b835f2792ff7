namespace AudioGenTiny.Recipe;

/// <summary>
/// Synthesizes sound effects: additive, frequency-modulated and modal synthesis, and filtered noise. The same request, seed, rate and length give the same samples
/// (on machines whose sines and powers round differently, up to that rounding).
/// </summary>
public static class SoundSynthesizer
{
    /// <summary>Generates one sound, padded with silence or cut to the length of the clip.</summary>
    /// <param name="request">The request; properties that it leaves open are random.</param>
    /// <param name="seed">Seed of everything that the request leaves open.</param>
    /// <param name="sampleRate">In hertz, 4,000 to 192,000.</param>
    /// <param name="seconds">Length of the clip, 0.1 to 60. The sounds are designed for 5 s.</param>
    /// <returns>seconds · sampleRate samples within ±1: peak 0.66 to 0.85 near, 0.17 to 0.22 distant.</returns>
    /// <exception cref="ArgumentException">The request has two values of one property, or a property that the kind lacks.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Rate or length are out of range.</exception>
    public static float[] Generate(SynthesisRequest request, long seed, int sampleRate = 16000, double seconds = 5)
    {
        request.Validate(nameof(request));
        if (sampleRate is < 4000 or > 192000)
        {
            throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, $"The sample rate is {sampleRate} Hz, but 4000 to 192000 Hz were expected.");
        }

        if (!(seconds is >= 0.1 and <= 60))
        {
            throw new ArgumentOutOfRangeException(nameof(seconds), seconds, $"The length is {seconds} s, but 0.1 to 60 s were expected.");
        }

        var parameters = SoundParameters.Sample(request, new SoundRandom(seed, 0x56414C55));
        var canvas = new SoundCanvas(sampleRate, (int)Math.Round(seconds * sampleRate), new SoundRandom(seed, (ulong)request.Kind));
        GeneratorOf(request.Kind)(canvas, parameters);
        var sound = SoundSpace.Place(canvas, parameters.Distance);
        FadeEnds(sound, sampleRate);
        return sound;
    }

    private static Action<SoundCanvas, SoundParameters> GeneratorOf(SoundKind kind) => kind switch
    {
        SoundKind.Doorbell => StruckSounds.Doorbell,
        SoundKind.Siren => SignalSounds.Siren,
        SoundKind.Rain => NoisySounds.Rain,
        SoundKind.Wind => NoisySounds.Wind,
        SoundKind.Footsteps => StruckSounds.Footsteps,
        SoundKind.Engine => NoisySounds.Engine,
        SoundKind.Phone => SignalSounds.Phone,
        SoundKind.AlarmClock => SignalSounds.AlarmClock,
        SoundKind.Bird => LivingSounds.Bird,
        SoundKind.Dog => LivingSounds.Dog,
        SoundKind.Thunder => NoisySounds.Thunder,
        SoundKind.Clock => StruckSounds.Clock,
        SoundKind.WaterDrip => StruckSounds.WaterDrip,
        SoundKind.Laser => SignalSounds.Laser,
        SoundKind.Coin => SignalSounds.Coin,
        SoundKind.Explosion => NoisySounds.Explosion,
        SoundKind.Applause => LivingSounds.Applause,
        SoundKind.ChurchBell => StruckSounds.ChurchBell,
        SoundKind.Whistle => SignalSounds.Whistle,
        SoundKind.Heartbeat => StruckSounds.Heartbeat,
        SoundKind.Typing => StruckSounds.Typing,
        SoundKind.Frying => NoisySounds.Frying,
        SoundKind.Crickets => LivingSounds.Crickets,
        SoundKind.Waves => NoisySounds.Waves,
        SoundKind.Helicopter => NoisySounds.Helicopter,
        SoundKind.Glass => StruckSounds.Glass,
        SoundKind.TrainHorn => SignalSounds.TrainHorn,
        SoundKind.CarHorn => SignalSounds.CarHorn,
        SoundKind.Cat => LivingSounds.Cat,
        SoundKind.Owl => LivingSounds.Owl,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The kind has no generator."),
    };

    /// <summary>Fades 5 ms at both ends, to avoid clicks.</summary>
    private static void FadeEnds(float[] sound, int rate)
    {
        var length = Math.Min(rate / 200, sound.Length / 2);
        for (var n = 0; n < length; n++)
        {
            sound[n] *= (float)n / length;
            sound[^(n + 1)] *= (float)n / length;
        }
    }
}
