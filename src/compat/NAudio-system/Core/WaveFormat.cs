namespace NAudio.Wave;

/// <summary>What the samples of a stream are.</summary>
public class WaveFormat
{
    protected WaveFormatEncoding waveFormatTag;
    protected short channels;
    protected int sampleRate;
    protected int averageBytesPerSecond;
    protected short blockAlign;
    protected short bitsPerSample;

    public WaveFormat() : this(44100, 16, 2) { }

    public WaveFormat(int sampleRate, int channels) : this(sampleRate, 16, channels) { }

    public WaveFormat(int rate, int bits, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        Set(WaveFormatEncoding.Pcm, rate, bits, channels);
    }

    public WaveFormatEncoding Encoding => waveFormatTag;

    public int Channels => channels;

    public int SampleRate => sampleRate;

    public int AverageBytesPerSecond => averageBytesPerSecond;

    public virtual int BlockAlign => blockAlign;

    public int BitsPerSample => bitsPerSample;

    public static WaveFormat CreateIeeeFloatWaveFormat(int sampleRate, int channels)
    {
        var format = new WaveFormat();
        format.Set(WaveFormatEncoding.IeeeFloat, sampleRate, 32, channels);
        return format;
    }

    public override bool Equals(object? obj) =>
        obj is WaveFormat other && waveFormatTag == other.waveFormatTag && channels == other.channels && sampleRate == other.sampleRate
        && averageBytesPerSecond == other.averageBytesPerSecond && blockAlign == other.blockAlign && bitsPerSample == other.bitsPerSample;

    public override int GetHashCode() => HashCode.Combine(waveFormatTag, channels, sampleRate, blockAlign, bitsPerSample);

    public override string ToString() => $"{bitsPerSample} bit {waveFormatTag}: {sampleRate}Hz {channels} channels";

    private void Set(WaveFormatEncoding tag, int rate, int bits, int count)
    {
        waveFormatTag = tag;
        sampleRate = rate;
        bitsPerSample = (short)bits;
        channels = (short)count;
        blockAlign = (short)(count * (bits / 8));
        averageBytesPerSecond = rate * blockAlign;
    }
}
