namespace NAudio.Wave;

public enum WaveFormatEncoding : ushort
{
    Unknown = 0,
    Pcm = 1,
    IeeeFloat = 3,
    Extensible = 0xFFFE,
}
