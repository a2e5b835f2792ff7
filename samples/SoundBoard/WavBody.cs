using System.Buffers.Binary;
using System.IO.Pipelines;
using AudioCraft.Hosting;

namespace SoundBoard;

/// <summary>A WAV file of 16-bit integers of known length, written piece by piece. What is beyond full scale is cut off.</summary>
/// <param name="output">Where to.</param>
/// <param name="frames">Frames that it will have.</param>
/// <param name="channels">Samples in a frame.</param>
/// <param name="sampleRate">Frames a second.</param>
internal sealed class WavBody(PipeWriter output, long frames, int channels, int sampleRate)
{
    private const int HeaderBytes = 44, SampleBytes = sizeof(short);

    private bool begun;

    /// <summary>Bytes of the whole file.</summary>
    public long Length => HeaderBytes + DataBytes;

    /// <summary>Frames that were written.</summary>
    public long Frames { get; private set; }

    public bool IsWhole => Frames == frames;

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
            throw new InvalidOperationException($"The sound is longer than the {frames} frames that were announced.");
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
