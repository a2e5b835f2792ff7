namespace AudioCraft;

/// <summary>How sound is written. The defaults are those of upstream's <c>audio_write</c>: the peak at 1 dB below full scale, 16-bit integers.</summary>
public sealed record AudioWriteOptions
{
    /// <summary>How the level is chosen. Default: <see cref="AudioNormalization.Peak"/>.</summary>
    public AudioNormalization Strategy { get; init; } = AudioNormalization.Peak;

    /// <summary>
    /// True (default): the strategy decides the level. False: <see cref="AudioNormalization.Peak"/> and <see cref="AudioNormalization.Rms"/>
    /// only ever attenuate, that is, they act where the signal would be too loud. The other strategies do the same either way, as upstream's do.
    /// </summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Decibels that <see cref="AudioNormalization.Peak"/> and <see cref="AudioNormalization.Clip"/> leave below full scale. Default 1.</summary>
    public double PeakClipHeadroomDb { get; init; } = 1;

    /// <summary>Decibels of the root mean square below full scale with <see cref="AudioNormalization.Rms"/>. Default 18.</summary>
    public double RmsHeadroomDb { get; init; } = 18;

    /// <summary>The loudness is brought to minus this many LKFS with <see cref="AudioNormalization.Loudness"/>. Default 14.</summary>
    public double LoudnessHeadroomDb { get; init; } = 14;

    /// <summary>Whether <see cref="AudioNormalization.Loudness"/> bends loud samples with tanh instead of cutting them off. Default false.</summary>
    public bool LoudnessCompressor { get; init; }

    /// <summary>How a sample is stored; every format but A-law and µ-law is written. Default <see cref="AudioSampleFormat.Pcm16"/>.</summary>
    public AudioSampleFormat Format { get; init; } = AudioSampleFormat.Pcm16;

    internal void Validate(string parameter)
    {
        Defined(Strategy, nameof(Strategy));
        Defined(Format, nameof(Format));
        Finite(PeakClipHeadroomDb, nameof(PeakClipHeadroomDb));
        Finite(RmsHeadroomDb, nameof(RmsHeadroomDb));
        Finite(LoudnessHeadroomDb, nameof(LoudnessHeadroomDb));

        void Defined<T>(T value, string name) where T : struct, Enum
        {
            if (!Enum.IsDefined(value))
            {
                throw new ArgumentException($"{name} is {value}, which is none of {string.Join(", ", Enum.GetNames<T>())}.", parameter);
            }
        }

        // 200 dB is far beyond what any sample format resolves, and keeps the gains finite in float32.
        void Finite(double decibels, string name)
        {
            if (!(Math.Abs(decibels) <= 200))
            {
                throw new ArgumentException($"{name} is {decibels}, but decibels from -200 to 200 were expected.", parameter);
            }
        }
    }
}
