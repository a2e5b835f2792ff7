using System.Diagnostics.CodeAnalysis;

namespace AudioCraft;

/// <summary>How audio is written. The defaults are those of upstream's <c>audio_write</c>: the peak at 1 dB below full scale, 16-bit integers.</summary>
public sealed record AudioWriteOptions
{
    /// <summary>How the level is normalized. Default: <see cref="AudioNormalization.Peak"/>.</summary>
    public AudioNormalization Normalization { get; init; } = AudioNormalization.Peak;

    /// <summary>
    /// True (default): the level is always set. False: <see cref="AudioNormalization.Peak"/> and <see cref="AudioNormalization.Rms"/>
    /// only attenuate signals that are too loud. The other normalizations ignore it, as upstream's do.
    /// </summary>
    public bool Normalize { get; init; } = true;

    /// <summary>The headroom below full scale for <see cref="AudioNormalization.Peak"/> and <see cref="AudioNormalization.Clip"/>, in decibels. Default 1.</summary>
    public double PeakClipHeadroomDb { get; init; } = 1;

    /// <summary>The headroom of the root mean square below full scale for <see cref="AudioNormalization.Rms"/>, in decibels. Default 18.</summary>
    public double RmsHeadroomDb { get; init; } = 18;

    /// <summary>The target loudness for <see cref="AudioNormalization.Loudness"/> is minus this value in LKFS. Default 14.</summary>
    public double LoudnessHeadroomDb { get; init; } = 14;

    /// <summary>Whether <see cref="AudioNormalization.Loudness"/> compresses loud samples with tanh instead of clipping them. Default false.</summary>
    public bool LoudnessCompressor { get; init; }

    /// <summary>The sample format: every format except A-law and µ-law. Default <see cref="AudioSampleFormat.Pcm16"/>.</summary>
    public AudioSampleFormat Format { get; init; } = AudioSampleFormat.Pcm16;

    internal void Validate(string parameter)
    {
        Defined(Normalization, nameof(Normalization));
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

/// <summary>Sample formats of audio files.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "float32 and float64 are the names of these formats in audio software.")]
public enum AudioSampleFormat
{
    /// <summary>8-bit unsigned integers.</summary>
    Pcm8,

    /// <summary>16-bit integers.</summary>
    Pcm16,

    /// <summary>24-bit integers, three bytes each.</summary>
    Pcm24,

    /// <summary>32-bit integers.</summary>
    Pcm32,

    /// <summary>32-bit IEEE floating point, full scale ±1.</summary>
    Float32,

    /// <summary>64-bit IEEE floating point, full scale ±1.</summary>
    Float64,

    /// <summary>8-bit A-law (ITU-T G.711). Read only.</summary>
    ALaw,

    /// <summary>8-bit µ-law (ITU-T G.711). Read only.</summary>
    MuLaw,
}
