namespace AudioCraft.NAudio;

/// <summary>A file format for writing.</summary>
public enum SoundFormat
{
    /// <summary>WAV, lossless: integers of 8 to 32 bits, floating point of 32 and 64 bits. <see cref="NAudioFile"/> writes it without libsndfile.</summary>
    Wav,

    /// <summary>AIFF, lossless: integers of 8 to 32 bits, floating point of 32 and 64 bits.</summary>
    Aiff,

    /// <summary>FLAC, lossless and about half the size of WAV: integers of 8, 16 and 24 bits, up to 8 channels.</summary>
    Flac,

    /// <summary>Vorbis in Ogg, lossy.</summary>
    OggVorbis,

    /// <summary>Opus in Ogg, lossy: 8, 12, 16, 24 or 48 kHz.</summary>
    Opus,

    /// <summary>MP3, lossy: up to 2 channels at 8 to 48 kHz (the sample rates of MPEG). Requires libsndfile 1.1 or later.</summary>
    Mp3,
}
