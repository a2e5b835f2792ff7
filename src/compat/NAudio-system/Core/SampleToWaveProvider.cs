using System.Runtime.InteropServices;

namespace NAudio.Wave.SampleProviders;

/// <summary>Float samples as their bytes.</summary>
public class SampleToWaveProvider : IWaveProvider
{
    private readonly ISampleProvider source;

    public SampleToWaveProvider(ISampleProvider source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.WaveFormat.Encoding != WaveFormatEncoding.IeeeFloat)
        {
            throw new ArgumentException($"The source is {source.WaveFormat}, but floating point was expected.", nameof(source));
        }

        this.source = source;
    }

    public WaveFormat WaveFormat => source.WaveFormat;

    public int Read(Span<byte> buffer) => source.Read(MemoryMarshal.Cast<byte, float>(buffer)) * sizeof(float);
}
