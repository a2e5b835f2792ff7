namespace AudioCraft;

/// <summary>How a sample is stored in an audio file.</summary>
public enum AudioSampleFormat
{
    /// <summary>8-bit integers, unsigned as WAV stores them.</summary>
    Pcm8,

    /// <summary>16-bit integers.</summary>
    Pcm16,

    /// <summary>24-bit integers, three bytes each.</summary>
    Pcm24,

    /// <summary>32-bit integers.</summary>
    Pcm32,

    /// <summary>32-bit IEEE floating point, full scale ±1.</summary>
    Ieee32,

    /// <summary>64-bit IEEE floating point, full scale ±1.</summary>
    Ieee64,

    /// <summary>8-bit A-law (ITU-T G.711). Read only.</summary>
    ALaw,

    /// <summary>8-bit µ-law (ITU-T G.711). Read only.</summary>
    MuLaw,
}
