using System.Buffers.Binary;

namespace AudioCraft.Formats;

/// <summary>Floats of full scale ±1 to stored samples. Rounds half to even, as <c>i16_pcm</c> in upstream's data/audio_utils.py does.</summary>
internal static class SampleEncoder
{
    /// <summary>
    /// What a float is multiplied by. Integers reach further down than up: where the loudest sample would round to one step above the highest integer,
    /// the whole signal is scaled by that highest integer instead of cutting off single samples, for every depth as upstream does for 16 bits.
    /// </summary>
    /// <param name="format">How samples are stored.</param>
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

    public static bool IsInteger(AudioSampleFormat format) => format is not (AudioSampleFormat.Ieee32 or AudioSampleFormat.Ieee64);

    /// <summary>Puts one channel into interleaved frames.</summary>
    /// <param name="samples">One float for each frame.</param>
    /// <param name="format">How they are stored.</param>
    /// <param name="channel">Which channel, from 0.</param>
    /// <param name="scale">From <see cref="Scale"/>.</param>
    /// <param name="frames">Room for all channels of the frames.</param>
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
            case AudioSampleFormat.Ieee32:
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
