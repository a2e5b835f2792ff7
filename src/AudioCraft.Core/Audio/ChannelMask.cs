namespace AudioCraft;

/// <summary>
/// The loudspeaker positions of the channels of a file, with the values of <c>dwChannelMask</c> in WAVEFORMATEXTENSIBLE. Channels are stored in the order of the bits, lowest first.
/// </summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1028", Justification = "The file format has 32 unsigned bits.")]
public enum ChannelMask : uint
{
    /// <summary>Unknown. The usual positions for the number of channels are assumed: mono, stereo, L R C, quad, 5.0, 5.1, 6.1, 7.1.</summary>
    None = 0,

    /// <summary>Front left.</summary>
    FrontLeft = 0x1,

    /// <summary>Front right.</summary>
    FrontRight = 0x2,

    /// <summary>Front center; mono.</summary>
    FrontCenter = 0x4,

    /// <summary>Low-frequency effects.</summary>
    LowFrequency = 0x8,

    /// <summary>Back left.</summary>
    BackLeft = 0x10,

    /// <summary>Back right.</summary>
    BackRight = 0x20,

    /// <summary>Between front left and front center.</summary>
    FrontLeftOfCenter = 0x40,

    /// <summary>Between front right and front center.</summary>
    FrontRightOfCenter = 0x80,

    /// <summary>Back center.</summary>
    BackCenter = 0x100,

    /// <summary>Side left.</summary>
    SideLeft = 0x200,

    /// <summary>Side right.</summary>
    SideRight = 0x400,

    /// <summary>Above the listener.</summary>
    TopCenter = 0x800,

    /// <summary>Top front left.</summary>
    TopFrontLeft = 0x1000,

    /// <summary>Top front center.</summary>
    TopFrontCenter = 0x2000,

    /// <summary>Top front right.</summary>
    TopFrontRight = 0x4000,

    /// <summary>Top back left.</summary>
    TopBackLeft = 0x8000,

    /// <summary>Top back center.</summary>
    TopBackCenter = 0x10000,

    /// <summary>Top back right.</summary>
    TopBackRight = 0x20000,

    /// <summary>
    /// No loudspeaker positions: ambisonic (B-format) channels, of which the first, W, is the sound from all directions. Fewer channels each get W. Not a value of WAVEFORMATEXTENSIBLE,
    /// which marks such files by their subformat.
    /// </summary>
    Ambisonic = 0x40000000,
}
