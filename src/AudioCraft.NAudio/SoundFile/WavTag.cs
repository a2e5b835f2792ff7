using System.Buffers.Binary;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>Finds the encoding of a WAV file: the built-in reader decodes PCM, floating point, A-law and µ-law; libsndfile decodes ADPCM, GSM and others.</summary>
internal static class WavTag
{
    private const int MaxChunks = 64;

    /// <summary>Reads the format tag; null if it was not found, as in files that are not RIFF.</summary>
    /// <param name="stream">A seekable stream at its beginning. Its position changes.</param>
    /// <param name="isWav">Whether the file is a WAV file of any kind, possibly with a leading ID3 tag.</param>
    public static ushort? Read(Stream stream, out bool isWav)
    {
        Span<byte> head = stackalloc byte[12];
        var position = 0L;
        for (var tags = 0; tags < 4 && Fill(stream, position, head[..10]) && head.StartsWith("ID3"u8); tags++)
        {
            position += 10 + ((head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]) + ((head[5] & 0x10) != 0 ? 10 : 0);
        }

        var isRead = Fill(stream, position, head);
        var isWave64 = isRead && head.StartsWith("riff"u8) && head[4..].StartsWith<byte>([0x2E, 0x91, 0xCF, 0x11]);
        isWav = isWave64 || (isRead && head[8..].SequenceEqual("WAVE"u8) && (head.StartsWith("RIFF"u8) || head.StartsWith("RIFX"u8) || head.StartsWith("RF64"u8) || head.StartsWith("BW64"u8)));
        return !isWav || isWave64 || head.StartsWith("RIFX"u8) ? null : FindTag(stream, position + head.Length);
    }

    /// <summary>Whether <see cref="AudioFile"/> reads the encoding, or reports what is wrong with the file.</summary>
    public static bool IsBuiltIn(ushort? tag) => tag is null or 1 or 3 or 6 or 7;

    private static ushort? FindTag(Stream stream, long position)
    {
        Span<byte> head = stackalloc byte[8];
        Span<byte> format = stackalloc byte[26];
        for (var chunk = 0; chunk < MaxChunks && Fill(stream, position, head); chunk++)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            position += head.Length;
            if (head.StartsWith("fmt "u8))
            {
                var isExtensible = size >= 40 && Fill(stream, position, format) && BinaryPrimitives.ReadUInt16LittleEndian(format) == 0xFFFE;
                return isExtensible || Fill(stream, position, format[..2]) ? BinaryPrimitives.ReadUInt16LittleEndian(format[(isExtensible ? 24 : 0)..]) : null;
            }

            position += size + (size & 1);
        }

        return null;
    }

    private static bool Fill(Stream stream, long position, Span<byte> buffer)
    {
        if (position > stream.Length - buffer.Length)
        {
            return false;
        }

        stream.Position = position;
        return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length;
    }
}
