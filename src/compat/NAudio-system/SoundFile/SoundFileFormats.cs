namespace NAudio.SoundFile;

public enum SoundFileMajorFormat
{
    Wav = 0,
    Aiff = 1,
    Flac = 6,
    OggVorbis = 7,
    Opus = 8,
    Mp3 = 9,
}

public enum SoundFileSubtype
{
    Default = 0,
    PcmU8 = 1,
    PcmS8 = 2,
    Pcm16 = 3,
    Pcm24 = 4,
    Pcm32 = 5,
    Float = 6,
    Double = 7,
    Vorbis = 8,
    Opus = 9,
    Mp3 = 10,
}

public class SoundFileWriterOptions
{
    public SoundFileSubtype Subtype { get; set; }

    /// <summary>0 (small) to 1 (good), for the lossy codecs.</summary>
    public double? VbrQuality { get; set; }

    /// <summary>0 (fast) to 1 (small).</summary>
    public double? CompressionLevel { get; set; }
}

/// <summary>The bits that libsndfile's sndfile.h gives to formats.</summary>
internal static class NativeFormat
{
    public static int Of(SoundFileMajorFormat major, SoundFileSubtype subtype) => major switch
    {
        SoundFileMajorFormat.Wav => 0x010000 | OfSamples(subtype, 0x0006),
        SoundFileMajorFormat.Aiff => 0x020000 | OfSamples(subtype, 0x0006),
        SoundFileMajorFormat.Flac => 0x170000 | OfSamples(subtype, 0x0002),
        SoundFileMajorFormat.OggVorbis => 0x200000 | OfSamples(subtype, 0x0060),
        SoundFileMajorFormat.Opus => 0x200000 | OfSamples(subtype, 0x0064),
        SoundFileMajorFormat.Mp3 => 0x230000 | OfSamples(subtype, 0x0082),
        _ => throw new ArgumentOutOfRangeException(nameof(major), major, $"{major} is no format that is written."),
    };

    private static int OfSamples(SoundFileSubtype subtype, int byDefault) => subtype switch
    {
        SoundFileSubtype.Default => byDefault,
        SoundFileSubtype.PcmS8 => 0x0001,
        SoundFileSubtype.Pcm16 => 0x0002,
        SoundFileSubtype.Pcm24 => 0x0003,
        SoundFileSubtype.Pcm32 => 0x0004,
        SoundFileSubtype.PcmU8 => 0x0005,
        SoundFileSubtype.Float => 0x0006,
        SoundFileSubtype.Double => 0x0007,
        SoundFileSubtype.Vorbis => 0x0060,
        SoundFileSubtype.Opus => 0x0064,
        SoundFileSubtype.Mp3 => 0x0082,
        _ => throw new ArgumentOutOfRangeException(nameof(subtype), subtype, $"{subtype} is no kind of samples that is written."),
    };
}
