using System.Buffers.Binary;
using System.IO.Pipelines;
using AudioCraft.Hosting;

namespace SoundBoard;

/// <summary>Writes a 16-bit WAV file of known length in chunks. Values beyond full scale are clipped.</summary>
/// <param name="output">The destination.</param>
/// <param name="frames">The number of samples per channel.</param>
/// <param name="channels">The number of channels.</param>
/// <param name="sampleRate">The sample rate in hertz.</param>
internal sealed class WavBody(PipeWriter output, long frames, int channels, int sampleRate)
{
    private const int HeaderBytes = 44, SampleBytes = sizeof(short);

    private bool begun;

    /// <summary>The length of the file in bytes.</summary>
    public long Length => HeaderBytes + DataBytes;

    /// <summary>The number of samples per channel that have been written.</summary>
    public long Frames { get; private set; }

    public bool IsComplete => Frames == frames;

    private long DataBytes => frames * channels * SampleBytes;

    public async Task WriteAsync(SoundChunk chunk, CancellationToken cancellationToken)
    {
        if (!begun)
        {
            WriteHeader();
            begun = true;
        }

        Write(chunk.Samples);
        Frames += chunk.Samples.Length / channels;
        if (Frames > frames)
        {
            throw new InvalidOperationException($"The audio is longer than the announced {frames} samples per channel.");
        }

        await output.FlushAsync(cancellationToken);
    }

    private void Write(ReadOnlySpan<float> samples)
    {
        var bytes = output.GetSpan(samples.Length * SampleBytes);
        for (var i = 0; i < samples.Length; i++)
        {
            var sample = (short)Math.Clamp(MathF.Round(samples[i] * 32768f), short.MinValue, short.MaxValue);
            BinaryPrimitives.WriteInt16LittleEndian(bytes[(i * SampleBytes)..], sample);
        }

        output.Advance(samples.Length * SampleBytes);
    }

    private void WriteHeader()
    {
        var header = output.GetSpan(HeaderBytes);
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(Length - 8));
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)channels);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], (uint)sampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], (uint)(sampleRate * channels * SampleBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(channels * SampleBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(header[34..], 8 * SampleBytes);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], (uint)DataBytes);
        output.Advance(HeaderBytes);
    }
}
