using System.Text;
using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Writes WAV front to back, so that the stream can be a pipe.</summary>
internal static class WavWriter
{
    private const int BlockBytes = 1 << 18;

    /// <summary>The loudspeaker positions by number of channels, mono to 7.1; 0, unspecified, for more.</summary>
    private static readonly uint[] ChannelMasks = [0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F];

    /// <param name="stream">The destination.</param>
    /// <param name="wav">[C, T] float32 on the CPU, contiguous, finite, within ±1 for integer formats.</param>
    /// <param name="format">The format, with the channels of <paramref name="wav"/>.</param>
    public static void Write(Stream stream, Tensor wav, WavFormat format)
    {
        var frames = wav.size(1);
        stream.Write(Header(format, frames));
        var scale = SampleEncoder.Scale(format.Encoding, Largest(wav));
        var buffer = new byte[BlockBytes - BlockBytes % format.BytesPerFrame];
        for (var frame = 0L; frame < frames;)
        {
            var count = (int)Math.Min(frames - frame, buffer.Length / format.BytesPerFrame);
            var block = buffer.AsSpan(0, count * format.BytesPerFrame);
            for (var channel = 0; channel < format.Channels; channel++)
            {
                SampleEncoder.Encode(Waveform.Samples(wav, channel, frame, count), format, channel, scale, block);
            }

            stream.Write(block);
            frame += count;
        }

        if ((frames * format.BytesPerFrame & 1) != 0)
        {
            stream.WriteByte(0);
        }
    }

    /// <summary>
    /// The bytes before the samples: WAVE_FORMAT_EXTENSIBLE for more than two channels and for integers above 16 bits, as Microsoft's specification requires;
    /// a <c>fact</c> chunk for floating point; RF64 if the size does not fit into 32 bits.
    /// </summary>
    /// <param name="format">The format.</param>
    /// <param name="frames">The number of samples per channel.</param>
    /// <param name="hasRoom">Whether a header without 64-bit sizes has a JUNK chunk in their place, so that both have the same length.</param>
    public static byte[] Header(WavFormat format, long frames, bool hasRoom = false)
    {
        var integer = SampleEncoder.IsInteger(format.Encoding);
        var extensible = format.Channels > 2 || integer && format.BytesPerSample > 2;
        var tag = integer ? WavFormat.TagPcm : WavFormat.TagFloat;
        var formatBytes = extensible ? 40 : integer ? 16 : 18;
        var dataBytes = checked(frames * format.BytesPerFrame);
        var afterMagic = 4 + (hasRoom ? 36 : 0) + 8 + formatBytes + (integer ? 0 : 12) + 8 + dataBytes + (dataBytes & 1);
        var large = afterMagic >= uint.MaxValue;
        if (large && !hasRoom)
        {
            afterMagic += 36;
        }

        var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.Latin1);
        writer.Write(large ? "RF64"u8 : "RIFF"u8);
        writer.Write(large ? uint.MaxValue : (uint)afterMagic);
        writer.Write("WAVE"u8);
        if (large)
        {
            writer.Write("ds64"u8);
            writer.Write(28);
            writer.Write(afterMagic);
            writer.Write(dataBytes);
            writer.Write(frames);
            writer.Write(0);
        }
        else if (hasRoom)
        {
            writer.Write("JUNK"u8);
            writer.Write(28);
            writer.Write(new byte[28]);
        }

        writer.Write("fmt "u8);
        writer.Write(formatBytes);
        writer.Write(extensible ? WavFormat.TagExtensible : tag);
        writer.Write((ushort)format.Channels);
        writer.Write(format.SampleRate);
        writer.Write((uint)Math.Min((long)format.SampleRate * format.BytesPerFrame, uint.MaxValue));
        writer.Write((ushort)format.BytesPerFrame);
        writer.Write((ushort)(8 * format.BytesPerSample));
        if (extensible)
        {
            writer.Write((ushort)22);
            writer.Write((ushort)(8 * format.BytesPerSample));
            writer.Write(format.Channels < ChannelMasks.Length ? ChannelMasks[format.Channels] : 0);
            writer.Write(tag);
            writer.Write(WavFormat.SubformatTail);
        }
        else if (!integer)
        {
            writer.Write((ushort)0);
        }

        if (!integer)
        {
            writer.Write("fact"u8);
            writer.Write(4);
            writer.Write((uint)Math.Min(frames, uint.MaxValue));
        }

        writer.Write("data"u8);
        writer.Write(large ? uint.MaxValue : (uint)dataBytes);
        return memory.ToArray();
    }

    /// <summary>The header of a file whose length is not known yet: sizes of 0xFFFFFFFF.</summary>
    public static byte[] StreamingHeader(WavFormat format, bool hasRoom)
    {
        var header = Header(format, 0, hasRoom);
        header.AsSpan(4, 4).Fill(0xFF);
        header.AsSpan(header.Length - 4).Fill(0xFF);
        return header;
    }

    private static float Largest(Tensor wav)
    {
        if (wav.numel() == 0)
        {
            return 0;
        }

        using var largest = wav.max();
        return largest.item<float>();
    }
}
