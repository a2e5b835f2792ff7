using System.Buffers.Binary;

namespace AudioCraft.Formats;

/// <summary>Stored samples to floats of full scale ±1: an integer is divided by the magnitude of its most negative value.</summary>
internal static class SampleDecoder
{
    private static readonly float[] ALaw = [.. Enumerable.Range(0, 256).Select(ExpandALaw)];
    private static readonly float[] MuLaw = [.. Enumerable.Range(0, 256).Select(ExpandMuLaw)];

    /// <summary>Takes one channel out of interleaved frames.</summary>
    /// <param name="frames">Whole frames.</param>
    /// <param name="format">How they are stored.</param>
    /// <param name="channel">Which channel, from 0.</param>
    /// <param name="target">One float for each frame.</param>
    public static void Decode(ReadOnlySpan<byte> frames, WavFormat format, int channel, Span<float> target)
    {
        var step = format.BytesPerFrame;
        var at = channel * format.BytesPerSample;
        switch (format.Encoding)
        {
            case AudioSampleFormat.Pcm8:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = (frames[at] - 128) / 128f;
                }

                break;
            case AudioSampleFormat.Pcm16:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = BinaryPrimitives.ReadInt16LittleEndian(frames[at..]) / 32768f;
                }

                break;
            case AudioSampleFormat.Pcm24:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = (frames[at] | frames[at + 1] << 8 | (sbyte)frames[at + 2] << 16) / 8388608f;
                }

                break;
            case AudioSampleFormat.Pcm32:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = BinaryPrimitives.ReadInt32LittleEndian(frames[at..]) / 2147483648f;
                }

                break;
            case AudioSampleFormat.Ieee32:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = BinaryPrimitives.ReadSingleLittleEndian(frames[at..]);
                }

                break;
            case AudioSampleFormat.Ieee64:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(frames[at..]);
                }

                break;
            default:
                var table = format.Encoding == AudioSampleFormat.ALaw ? ALaw : MuLaw;
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = table[frames[at]];
                }

                break;
        }
    }

    // G.711: a sign, three bits of exponent and four of mantissa; even bits are inverted in A-law, all bits in µ-law.
    private static float ExpandALaw(int code)
    {
        code ^= 0x55;
        var exponent = code >> 4 & 7;
        var mantissa = (code & 15) << 4;
        var magnitude = exponent == 0 ? mantissa + 8 : mantissa + 0x108 << exponent - 1;
        return ((code & 0x80) != 0 ? magnitude : -magnitude) / 32768f;
    }

    private static float ExpandMuLaw(int code)
    {
        code = ~code;
        var magnitude = (((code & 15) << 3) + 0x84 << (code >> 4 & 7)) - 0x84;
        return ((code & 0x80) != 0 ? -magnitude : magnitude) / 32768f;
    }
}
