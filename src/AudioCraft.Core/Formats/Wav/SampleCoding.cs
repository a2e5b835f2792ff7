using System.Buffers.Binary;

namespace AudioCraft.Formats;

/// <summary>Converts stored samples to floats of full scale ±1: an integer is divided by the magnitude of its lowest value.</summary>
internal static class SampleDecoder
{
    private static readonly float[] ALaw = [.. Enumerable.Range(0, 256).Select(ExpandALaw)];
    private static readonly float[] MuLaw = [.. Enumerable.Range(0, 256).Select(ExpandMuLaw)];

    /// <summary>Reads one channel of interleaved frames.</summary>
    /// <param name="frames">Complete frames.</param>
    /// <param name="format">The sample format.</param>
    /// <param name="channel">The index of the channel.</param>
    /// <param name="target">One float per frame.</param>
    public static void Decode(ReadOnlySpan<byte> frames, WavFormat format, int channel, Span<float> target)
    {
        var step = format.BytesPerFrame;
        var at = channel * format.BytesPerSample + (format.Offset ?? 0);
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
            case AudioSampleFormat.Float32:
                for (var i = 0; i < target.Length; i++, at += step)
                {
                    target[i] = BinaryPrimitives.ReadSingleLittleEndian(frames[at..]);
                }

                break;
            case AudioSampleFormat.Float64:
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

/// <summary>Converts floats of full scale ±1 to stored samples. Rounds half to even, as <c>i16_pcm</c> in upstream's data/audio_utils.py.</summary>
internal static class SampleEncoder
{
    /// <summary>
    /// The factor of the samples. The range of integers is asymmetric: if the largest sample would be rounded to one above the highest integer,
    /// the complete signal is scaled by the highest integer instead of clipping single samples, for every depth as upstream does for 16 bits.
    /// </summary>
    /// <param name="format">The sample format.</param>
    /// <param name="maximum">The largest (most positive) sample, at most 1 for integers.</param>
    public static double Scale(AudioSampleFormat format, float maximum)
    {
        double full = format switch
        {
            AudioSampleFormat.Pcm8 => 1 << 7,
            AudioSampleFormat.Pcm16 => 1 << 15,
            AudioSampleFormat.Pcm24 => 1 << 23,
            AudioSampleFormat.Pcm32 => 1L << 31,
            _ => 1,
        };
        return full > 1 && Math.Round(maximum * full) >= full ? full - 1 : full;
    }

    public static bool IsInteger(AudioSampleFormat format) => format is not (AudioSampleFormat.Float32 or AudioSampleFormat.Float64);

    /// <summary>Writes one channel into interleaved frames.</summary>
    /// <param name="samples">One float per frame.</param>
    /// <param name="format">The sample format.</param>
    /// <param name="channel">The index of the channel.</param>
    /// <param name="scale">From <see cref="Scale"/>.</param>
    /// <param name="frames">The interleaved frames.</param>
    public static void Encode(ReadOnlySpan<float> samples, WavFormat format, int channel, double scale, Span<byte> frames)
    {
        var step = format.BytesPerFrame;
        var at = channel * format.BytesPerSample;
        switch (format.Encoding)
        {
            case AudioSampleFormat.Pcm8:
                for (var i = 0; i < samples.Length; i++, at += step)
                {
                    frames[at] = (byte)(128 + (int)Math.Round(samples[i] * scale));
                }

                break;
            case AudioSampleFormat.Pcm16:
                var scale16 = (float)scale;
                for (var i = 0; i < samples.Length; i++, at += step)
                {
                    BinaryPrimitives.WriteInt16LittleEndian(frames[at..], (short)MathF.Round(samples[i] * scale16));
                }

                break;
            case AudioSampleFormat.Pcm24:
                for (var i = 0; i < samples.Length; i++, at += step)
                {
                    var value = (int)Math.Round(samples[i] * scale);
                    BinaryPrimitives.WriteInt16LittleEndian(frames[at..], (short)value);
                    frames[at + 2] = (byte)(value >> 16);
                }

                break;
            case AudioSampleFormat.Pcm32:
                for (var i = 0; i < samples.Length; i++, at += step)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(frames[at..], (int)Math.Round(samples[i] * scale));
                }

                break;
            case AudioSampleFormat.Float32:
                for (var i = 0; i < samples.Length; i++, at += step)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(frames[at..], samples[i]);
                }

                break;
            default:
                for (var i = 0; i < samples.Length; i++, at += step)
                {
                    BinaryPrimitives.WriteDoubleLittleEndian(frames[at..], samples[i]);
                }

                break;
        }
    }
}
