using System.Runtime.InteropServices;
using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Reads WAV files.</summary>
internal static class WavReader
{
    private const int BlockBytes = 1 << 18;

    public static AudioFileInfo Info(ByteSource source)
    {
        var (format, bytes) = WavHeader.Parse(source);
        return new AudioFileInfo(format.SampleRate, format.Channels, (bytes ?? source.Remaining) / format.BytesPerFrame, format.Encoding);
    }

    /// <summary>Reads [C, T] float32 on the CPU. An incomplete frame at the end is ignored.</summary>
    public static (Tensor Wav, int SampleRate) Read(ByteSource source)
    {
        var (format, declared) = WavHeader.Parse(source);

        // Memory is allocated only for bytes that exist: a stream of unknown length is read to its end first.
        var wav = source.Remaining is { } remaining
            ? ReadKnown(source, format, Math.Min(declared ?? remaining, remaining))
            : ReadUnknown(source, format, declared);
        return (wav, format.SampleRate);
    }

    /// <summary>Reads a section: from a start in seconds, and at most a duration in seconds.</summary>
    public static (Tensor Wav, int SampleRate) Read(ByteSource source, double start, double? duration)
    {
        var (format, declared) = WavHeader.Parse(source);
        if (source.Remaining is not { } remaining)
        {
            throw source.Error("a section can be read only if the length of the file is known.");
        }

        var frames = Math.Min(declared ?? remaining, remaining) / format.BytesPerFrame;
        var first = (long)Math.Min(frames, Math.Round(start * format.SampleRate));
        var count = duration is { } seconds ? (long)Math.Min(frames - first, Math.Round(seconds * format.SampleRate)) : frames - first;
        source.Skip(first * format.BytesPerFrame, "the 'data' chunk");
        return (ReadKnown(source, format, count * format.BytesPerFrame), format.SampleRate);
    }

    private static Tensor ReadKnown(ByteSource source, WavFormat format, long bytes)
    {
        var wav = Allocate(format, bytes / format.BytesPerFrame, source);
        try
        {
            var buffer = new byte[Math.Min(BlockSize(format), Math.Max(bytes, 1))];
            for (long frame = 0, frames = wav.size(1); frame < frames;)
            {
                var count = (int)Math.Min(frames - frame, buffer.Length / format.BytesPerFrame);
                var block = buffer.AsSpan(0, count * format.BytesPerFrame);
                source.ReadExactly(block, "the 'data' chunk");
                Store(block, format, wav, frame, source);
                frame += count;
            }

            return wav;
        }
        catch
        {
            wav.Dispose();
            throw;
        }
    }

    private static Tensor ReadUnknown(ByteSource source, WavFormat format, long? declared)
    {
        var blocks = new List<byte[]>();
        var total = 0L;
        var buffer = new byte[BlockSize(format)];
        while (total < (declared ?? long.MaxValue))
        {
            var wanted = (int)Math.Min(buffer.Length, (declared ?? long.MaxValue) - total);
            var read = source.Read(buffer.AsSpan(0, wanted));
            total += read;
            blocks.Add(buffer[..(read - read % format.BytesPerFrame)]);
            if (read < wanted)
            {
                break;
            }
        }

        if (total < declared)
        {
            throw source.Truncated("the 'data' chunk", declared.Value, total);
        }

        var wav = Allocate(format, total / format.BytesPerFrame, source);
        try
        {
            var frame = 0L;
            foreach (var block in blocks)
            {
                Store(block, format, wav, frame, source);
                frame += block.Length / format.BytesPerFrame;
            }

            return wav;
        }
        catch
        {
            wav.Dispose();
            throw;
        }
    }

    private static int BlockSize(WavFormat format) => BlockBytes - BlockBytes % format.BytesPerFrame;

    private static Tensor Allocate(WavFormat format, long frames, ByteSource source)
    {
        try
        {
            return empty(format.Channels, frames, dtype: ScalarType.Float32);
        }
        catch (ExternalException error)
        {
            throw new AudioCraftException($"{source.Name}: there is not enough memory for {frames} frames of {format.Channels} channels.", error);
        }
    }

    private static void Store(ReadOnlySpan<byte> block, WavFormat format, Tensor wav, long frame, ByteSource source)
    {
        var count = block.Length / format.BytesPerFrame;
        if (count == 0)
        {
            return;
        }

        for (var channel = 0; channel < format.Channels; channel++)
        {
            var target = Waveform.Samples(wav, channel, frame, count);
            SampleDecoder.Decode(block, format, channel, target);
            if (Waveform.IndexOfNonFinite(target) is var bad and >= 0)
            {
                throw source.Error($"sample {frame + bad} of channel {channel} is {target[bad]}, but finite values were expected.");
            }
        }
    }
}
