using System.Buffers.Binary;
using System.Text;
using AudioCraft;
using static TorchSharp.torch;

namespace SoundBoard.Tests;

/// <summary>Creates valid and invalid WAV files.</summary>
internal static class Wav
{
    /// <summary>A tone of 16-bit samples.</summary>
    public static byte[] Tone(double seconds, int rate = 16000, int channels = 1) =>
        File(Samples((int)(seconds * rate), rate, channels), rate, channels);

    /// <param name="data">The samples.</param>
    /// <param name="rate">The value in the header.</param>
    /// <param name="channels">The value in the header.</param>
    /// <param name="tag">1 for integers, 3 for floating point, 6 for A-law.</param>
    /// <param name="bits">Bits per sample.</param>
    /// <param name="dataBytes">The stated length, if it is false.</param>
    public static byte[] File(byte[] data, int rate, int channels, ushort tag = 1, ushort bits = 16, uint? dataBytes = null)
    {
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file, Encoding.Latin1);
        writer.Write("RIFF"u8);
        writer.Write(36 + (dataBytes ?? (uint)data.Length));
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write(tag);
        writer.Write((ushort)channels);
        writer.Write(rate);
        writer.Write(rate * channels * bits / 8);
        writer.Write((ushort)(channels * bits / 8));
        writer.Write(bits);
        writer.Write("data"u8);
        writer.Write(dataBytes ?? (uint)data.Length);
        writer.Write(data);
        return file.ToArray();
    }

    /// <summary>Frames, channels and sample rate of a valid file.</summary>
    public static (long Frames, int Channels, int Rate) Read(byte[] file)
    {
        using var stream = new MemoryStream(file);
        var (wav, rate) = AudioFile.Read(stream);
        using (wav)
        {
            return (wav.size(1), (int)wav.size(0), rate);
        }
    }

    private static byte[] Samples(int frames, int rate, int channels)
    {
        var data = new byte[frames * channels * 2];
        for (var i = 0; i < frames * channels; i++)
        {
            var sample = (short)(8000 * Math.Sin(2 * Math.PI * 440 * (i / channels) / rate));
            BinaryPrimitives.WriteInt16LittleEndian(data.AsSpan(2 * i), sample);
        }

        return data;
    }
}
