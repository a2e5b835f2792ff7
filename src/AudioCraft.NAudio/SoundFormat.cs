namespace AudioCraft.NAudio;

/// <summary>A format of sound files that is written. Read is whatever the machine's libsndfile knows, and WAV without it.</summary>
public enum SoundFormat
{
    /// <summary>WAV: see <see cref="AudioFile"/>. Lossless; needs no libsndfile.</summary>
    Wav,

    /// <summary>AIFF, lossless: integers of 8 to 32 bits, floating point of 32 and 64.</summary>
    Aiff,

    /// <summary>FLAC, lossless and about half the size: integers of 8, 16 and 24 bits, up to 8 channels.</summary>
    Flac,

    /// <summary>Vorbis in Ogg, lossy.</summary>
    OggVorbis,

    /// <summary>Opus in Ogg, lossy: 8, 12, 16, 24 or 48 kHz.</summary>
    Opus,

    /// <summary>MP3, lossy: up to 2 channels at the rates of MPEG (8 to 48 kHz), libsndfile 1.1 or later.</summary>
    Mp3,
}
