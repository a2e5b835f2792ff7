namespace NAudio.Wave;

/// <summary>A source of bytes of samples; 0 read is its end.</summary>
public interface IWaveProvider
{
    WaveFormat WaveFormat { get; }

    int Read(Span<byte> buffer);
}

/// <summary>A source of interleaved float samples; 0 read is its end.</summary>
public interface ISampleProvider
{
    WaveFormat WaveFormat { get; }

    int Read(Span<float> buffer);
}
