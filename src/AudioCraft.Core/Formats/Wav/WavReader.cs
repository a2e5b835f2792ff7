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
        var header = WavHeader.Parse(source);
        var (format, bytes) = (header.Format, header.DataBytes);

        // A size that a pipe's writer could not know is no length.
        var frames = (header.MayLack == long.MaxValue ? null : bytes ?? header.Source.Remaining) / format.BytesPerFrame;
        return new AudioFileInfo(format.SampleRate, format.Channels, frames, format.Encoding) { Layout = format.Layout };
    }

    /// <summary>Reads [C, T] float32 on the CPU. An incomplete frame at the end is ignored.</summary>
    public static (Tensor Wav, int SampleRate) Read(ByteSource source, AudioReadOptions options)
    {
        var header = WavHeader.Parse(source, options.Logger, MaxEarlyBytes(options));
        var format = header.Format;
        using var converter = options.CreateConverter(source.Name, format.SampleRate, format.Channels, format.Layout);
        var (rate, channels) = (options.SampleRate ?? format.SampleRate, options.Channels ?? format.Channels);

        // Memory is allocated only for bytes that exist.
        if (converter is null && header.Source.Remaining is { } remaining)
        {
            var bytes = Math.Min(header.DataBytes ?? remaining, remaining);
            RequireSamples(source, bytes / format.BytesPerFrame, channels, options.MaxSamples);
            return (ReadKnown(header.Source, Placed(header, bytes), bytes), rate);
        }

        using var audio = new WaveformBuffer(channels);
        ReadBlocks(header, options, block =>
        {
            if (converter is null)
            {
                audio.Append(block);
            }
            else
            {
                using var converted = converter.Convert(block);
                audio.Append(converted);
            }

            RequireSamples(source, audio.Frames, channels, options.MaxSamples);
        });
        if (converter is not null)
        {
            using var rest = converter.Complete();
            audio.Append(rest);
        }

        return (audio.ToTensor(), rate);
    }

    /// <summary>Reads a section: from a start in seconds, and at most a duration in seconds.</summary>
    public static (Tensor Wav, int SampleRate) Read(ByteSource source, double start, double? duration)
    {
        var header = WavHeader.Parse(source);
        if (header.Source.Remaining is not { } remaining)
        {
            throw source.Error("a section can be read only if the length of the file is known.");
        }

        var bytes = Math.Min(header.DataBytes ?? remaining, remaining);
        var format = Placed(header, bytes);
        var frames = bytes / format.BytesPerFrame;
        var first = (long)Math.Min(frames, Math.Round(start * format.SampleRate));
        var count = duration is { } seconds ? (long)Math.Min(frames - first, Math.Round(seconds * format.SampleRate)) : frames - first;
        header.Source.Skip(first * format.BytesPerFrame, "the 'data' chunk");
        return (ReadKnown(header.Source, format, count * format.BytesPerFrame), format.SampleRate);
    }

    private static Tensor ReadKnown(ByteSource source, WavFormat format, long bytes)
    {
        var wav = WaveformBuffer.Allocate(format.Channels, bytes / format.BytesPerFrame);
        try
        {
            var buffer = new byte[Math.Min(BlockSize(format), Math.Max(bytes, 1))];
            for (long frame = 0, frames = wav.size(1); frame < frames;)
            {
                var count = (int)Math.Min(frames - frame, buffer.Length / format.BytesPerFrame);
                var block = buffer.AsSpan(0, count * format.BytesPerFrame);
                source.ReadExactly(block, "the 'data' chunk");
                Store(block, format, wav, frame, frame, source);
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

    /// <summary>Reads block by block to the end of the samples.</summary>
    private static void ReadBlocks(WavHeader header, AudioReadOptions options, Action<Tensor> use)
    {
        var (source, format, declared) = (header.Source, header.Format, header.DataBytes);
        if (format.Offset is null && source.Remaining is null)
        {
            // The bytes of all samples show where they are stored.
            var maxBytes = MaxBytes(options, format);
            source = source.Copy(long.MaxValue, maxBytes, out var isWhole);
            if (!isWhole)
            {
                throw maxBytes < Array.MaxLength ? TooLong(source, options.MaxSamples)
                    : source.Error($"{WavFormat.BytesOf(format.Encoding) * 8}-bit samples in {format.BytesPerSample * 8} bits can be read from a pipe only up to 2 GiB: save the audio as a file first.");
            }
        }

        format = source.Remaining is { } known ? Placed(header with { Source = source }, Math.Min(declared ?? known, known)) : format;
        var (total, frame) = (0L, 0L);
        var buffer = new byte[BlockSize(format)];
        while (true)
        {
            var wanted = (int)Math.Min(buffer.Length, (declared ?? long.MaxValue) - total);
            var read = source.Read(buffer.AsSpan(0, wanted));
            total += read;
            var frames = read / format.BytesPerFrame;
            if (frames > 0)
            {
                using var block = WaveformBuffer.Allocate(format.Channels, frames);
                Store(buffer.AsSpan(0, frames * format.BytesPerFrame), format, block, 0, frame, source);
                use(block);
                frame += frames;
            }

            if (read < wanted)
            {
                break;
            }

            if (total == declared)
            {
                var following = header.MayContinue ? WavHeader.Following(source, header.Kind, total, header.BytesAfterData) : AfterSamples.End;
                if (following.Ignored() is { } ignored)
                {
                    Note(ignored);
                }

                if (following != AfterSamples.Samples || total % format.BytesPerFrame != 0)
                {
                    return;
                }

                declared = null;
                Note($"The header states {total} bytes of samples, but more follow: all of them were read.");
            }
        }

        if (total < declared)
        {
            if (declared - total > header.MayLack)
            {
                throw source.Error($"the 'data' chunk should have {declared} bytes, but the stream ends after {total}: it was cut off; copy or download the file again.");
            }

            Note($"The header states {declared} bytes of samples, but there were {total}: all of them were read.");
        }

        void Note(string note)
        {
            if (options.Logger is { } logger)
            {
                WavLog.Note(logger, source.Name, note);
            }
        }
    }

    /// <summary>The bytes of a file of a format after which its samples exceed the limit in any case.</summary>
    private static long MaxBytes(AudioReadOptions options, WavFormat format)
    {
        if (options.MaxSamples is not { } maxSamples)
        {
            return long.MaxValue;
        }

        // A second more, for what follows the samples in the file.
        var frames = (double)maxSamples / (options.Channels ?? format.Channels) * format.SampleRate / (options.SampleRate ?? format.SampleRate);
        return (long)Math.Min((frames + format.SampleRate + BlockBytes) * format.BytesPerFrame, long.MaxValue / 2);
    }

    /// <summary>As <see cref="MaxBytes"/> for a file whose format is not known yet: with the largest samples, and the largest conversion if there is one.</summary>
    private static long MaxEarlyBytes(AudioReadOptions options)
    {
        var bytes = (options.MaxSamples ?? long.MaxValue) * (double)sizeof(double);
        bytes *= options.Channels is null ? 1 : Waveform.MaxChannels;
        bytes *= options.SampleRate is null ? 1 : Resampler.MaxRatio;
        return (long)Math.Min(bytes, long.MaxValue / 2);
    }

    /// <summary>
    /// The format with the place of the sample in a container that is larger: in the upper bytes, as the specification says, or in the lower ones with a sign extension, as some
    /// programs write. The source stays where it is.
    /// </summary>
    private static WavFormat Placed(WavHeader header, long bytes)
    {
        var format = header.Format;
        if (format.Offset is not null)
        {
            return format;
        }

        var source = header.Source;
        var start = source.Position!.Value;
        var buffer = new byte[BlockSize(format)];
        var unused = format.BytesPerSample - WavFormat.BytesOf(format.Encoding);
        var (lowIsZero, highIsSign) = (true, true);
        for (var left = bytes - (bytes % format.BytesPerFrame); left > 0 && (lowIsZero || highIsSign);)
        {
            var block = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
            source.ReadExactly(block, "the 'data' chunk");
            format.ToLittleEndian(block);
            left -= block.Length;
            for (var at = 0; at < block.Length; at += 4)
            {
                lowIsZero &= block[at] == 0 && (unused == 1 || block[at + 1] == 0);
                highIsSign &= block[at + 3] is 0 or 0xFF && (unused == 1 || block[at + 2] == block[at + 3]);
            }
        }

        source.Seek(start);
        return format with { Offset = highIsSign ? 0 : unused };
    }

    private static int BlockSize(WavFormat format) => BlockBytes - BlockBytes % format.BytesPerFrame;

    private static void RequireSamples(ByteSource source, long frames, int channels, long? maxSamples)
    {
        if (frames > (maxSamples ?? long.MaxValue) / channels)
        {
            throw TooLong(source, maxSamples);
        }
    }

    private static AudioFormatException TooLong(ByteSource source, long? maxSamples) => source.Error($"the audio has more than {maxSamples} samples, the limit of this call.");

    /// <summary>Decodes complete frames into a tensor.</summary>
    /// <param name="block">The frames; big-endian samples are reversed in place.</param>
    /// <param name="format">Their format.</param>
    /// <param name="wav">The tensor.</param>
    /// <param name="start">The first sample in the tensor.</param>
    /// <param name="frame">The first sample in the file, for the exception.</param>
    /// <param name="source">The file.</param>
    private static void Store(Span<byte> block, WavFormat format, Tensor wav, long start, long frame, ByteSource source)
    {
        format.ToLittleEndian(block);
        var count = block.Length / format.BytesPerFrame;
        for (var channel = 0; channel < format.Channels; channel++)
        {
            var target = Waveform.Samples(wav, channel, start, count);
            SampleDecoder.Decode(block, format, channel, target);
            if (Waveform.IndexOfNonFinite(target) is var bad and >= 0)
            {
                throw source.Error($"sample {frame + bad} of channel {channel} is {target[bad]}, but finite values were expected.");
            }
        }
    }
}
