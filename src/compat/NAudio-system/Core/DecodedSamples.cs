using System.Buffers.Binary;

namespace NAudio.Wave;

/// <summary>Integers of 8 to 32 bits, or floats of 32 and 64, as float samples with full scale ±1.</summary>
internal sealed class DecodedSamples : ISampleProvider
{
    private readonly IWaveProvider source;
    private readonly int sampleBytes;
    private readonly bool isFloat;
    private byte[] bytes = [];

    public DecodedSamples(IWaveProvider source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var format = source.WaveFormat;
        isFloat = format.Encoding == WaveFormatEncoding.IeeeFloat;
        if (!isFloat && format.Encoding != WaveFormatEncoding.Pcm
            || !(isFloat ? format.BitsPerSample is 32 or 64 : format.BitsPerSample is 8 or 16 or 24 or 32))
        {
            throw new ArgumentException($"Samples of the format {format} cannot be turned into floats.", nameof(source));
        }

        this.source = source;
        sampleBytes = format.BitsPerSample / 8;
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(format.SampleRate, format.Channels);
    }

    public WaveFormat WaveFormat { get; }

    public int Read(Span<float> buffer)
    {
        var wanted = buffer.Length * sampleBytes;
        if (bytes.Length < wanted)
        {
            bytes = new byte[wanted];
        }

        var count = source.Read(bytes.AsSpan(0, wanted)) / sampleBytes;
        for (var i = 0; i < count; i++)
        {
            buffer[i] = Decode(bytes.AsSpan(i * sampleBytes, sampleBytes));
        }

        return count;
    }

    private float Decode(ReadOnlySpan<byte> sample) => (sampleBytes, isFloat) switch
    {
        (1, _) => (sample[0] / 128f) - 1,
        (2, _) => BinaryPrimitives.ReadInt16LittleEndian(sample) / 32768f,
        (3, _) => (sample[0] | (sample[1] << 8) | ((sbyte)sample[2] << 16)) / 8388608f,
        (4, false) => BinaryPrimitives.ReadInt32LittleEndian(sample) / 2147483648f,
        (4, true) => BinaryPrimitives.ReadSingleLittleEndian(sample),
        _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(sample),
    };
}
