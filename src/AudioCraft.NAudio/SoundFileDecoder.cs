using System.Buffers.Binary;
using System.Runtime.InteropServices;
using AudioCraft.Audio;
using NAudio.SoundFile;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio;

/// <summary>Whatever libsndfile decodes, as a tensor. Memory is taken for samples that came out, not for those that a header promises.</summary>
internal static class SoundFileDecoder
{
    private const int BlockFrames = 1 << 14;

    /// <summary>Whether the stream, which is at its beginning and stays there, holds RIFF WAVE or its large kinds.</summary>
    public static bool IsWav(Stream stream)
    {
        Span<byte> head = stackalloc byte[12];
        var read = Head(stream, head);
        var kind = head[..4];
        return read == head.Length && head[8..].SequenceEqual("WAVE"u8)
            && (kind.SequenceEqual("RIFF"u8) || kind.SequenceEqual("RF64"u8) || kind.SequenceEqual("BW64"u8));
    }

    public static (Tensor Wav, int SampleRate) Decode(Stream stream, string name, long maxSamples)
    {
        var isFlac = CheckHead(stream, name);
        try
        {
            using var reader = new SoundFileReader(stream);
            var (channels, rate) = (reader.WaveFormat.Channels, reader.WaveFormat.SampleRate);
            if (channels is < 1 or > WavFormat.MaxChannels || rate is < 1 or > WavFormat.MaxSampleRate)
            {
                throw Error(name, $"it has {channels} channels at {rate} Hz, but 1 to {WavFormat.MaxChannels} at 1 to {WavFormat.MaxSampleRate} Hz are read.");
            }

            var promised = reader.Length / (sizeof(float) * channels);
            if (promised > maxSamples / channels)
            {
                throw Error(name, $"it says that it holds {promised} frames of {channels} channels, more than the {maxSamples} samples that may be read.");
            }

            var blocks = Blocks(reader, channels, maxSamples, name);
            var frames = blocks.Sum(block => (long)block.Length) / channels;

            // Of other formats the number is an estimate, or counted from what is there.
            if (isFlac && frames < promised)
            {
                throw Error(name, $"{promised} frames were expected, but it ends after {frames} of them.");
            }

            return (Join(blocks, channels, frames, name), rate);
        }
        catch (SoundFileException error)
        {
            throw error.InnerException is IOException failed
                ? new AudioCraftException($"{name} cannot be read: {failed.Message}", error)
                : new AudioFormatException($"{name} cannot be decoded: {error.Message}", error);
        }
        catch (DllNotFoundException error)
        {
            throw LibSndFileMissing.Because(error);
        }
    }

    /// <summary>What libsndfile would let pass: too little to be anything, and AIFF that was cut off. Tells whether it is FLAC.</summary>
    private static bool CheckHead(Stream stream, string name)
    {
        Span<byte> head = stackalloc byte[12];
        if (Head(stream, head) < head.Length)
        {
            throw Error(name, $"there are only {stream.Length} bytes, too few for any sound file.");
        }

        if (head[..4].SequenceEqual("FORM"u8) && 8 + (long)BinaryPrimitives.ReadUInt32BigEndian(head[4..]) is var size && size > stream.Length)
        {
            throw Error(name, $"it should have {size} bytes, but ends after {stream.Length} of them.");
        }

        return head[..4].SequenceEqual("fLaC"u8);
    }

    private static int Head(Stream stream, Span<byte> head)
    {
        var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return read;
    }

    private static List<float[]> Blocks(SoundFileReader reader, int channels, long maxSamples, string name)
    {
        var blocks = new List<float[]>();
        var buffer = new float[BlockFrames * channels];
        var total = 0L;
        while (reader.Read(buffer.AsSpan()) is var read and > 0)
        {
            total += read;
            if (total > maxSamples)
            {
                throw Error(name, $"it holds more than the {maxSamples} samples that may be read.");
            }

            if (Waveform.IndexOfNonFinite(buffer.AsSpan(0, read)) is var bad and >= 0)
            {
                throw Error(name, $"sample {(total - read + bad) / channels} of channel {bad % channels} is {buffer[bad]}; a model can do nothing with it.");
            }

            blocks.Add(buffer[..read]);
        }

        return blocks;
    }

    private static Tensor Join(List<float[]> blocks, int channels, long frames, string name)
    {
        Tensor wav;
        try
        {
            wav = empty(channels, frames, dtype: ScalarType.Float32);
        }
        catch (ExternalException error)
        {
            throw new AudioCraftException($"{name}: there is no memory for {frames} frames of {channels} channels.", error);
        }

        try
        {
            var start = 0L;
            foreach (var block in blocks)
            {
                Interleaving.Apart(block, wav, start);
                start += block.Length / channels;
            }

            return wav;
        }
        catch
        {
            wav.Dispose();
            throw;
        }
    }

    private static AudioFormatException Error(string name, string message) => new($"{name}: {message}");
}
