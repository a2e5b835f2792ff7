namespace AudioCraft.NAudio.SoundFile;

/// <summary>Every format that libsndfile reads.</summary>
internal sealed class LibSndFileDecoder : SoundDecoder
{
    private readonly NativeSoundFile file;
    private readonly string name;

    public LibSndFileDecoder(Stream stream, string name)
    {
        this.name = name;
        var info = default(LibSndFile.Info);
        file = new NativeSoundFile(stream, name, LibSndFile.Read, ref info);
        Channels = info.Channels;
        SampleRate = info.SampleRate;
        Layout = Mask(file.GetChannelMap(info.Channels));

        // FLAC files written to a pipe do not state their length.
        var isKnown = info.Frames is > 0 and < long.MaxValue;
        HasExactLength = isKnown && (info.Format & LibSndFile.MajorFormatMask) == LibSndFile.Flac;
        Frames = isKnown ? info.Frames : info.Frames == 0 ? MeasureFrames() : 0;
    }

    public override int Read(Span<float> buffer) => file.ReadFrames(buffer, buffer.Length / Channels) * Channels;

    public override long Seek(long frame) =>
        file.SeekFrame(frame, 0) is var reached and >= 0 ? reached : throw new AudioFormatException($"{name}: libsndfile cannot move to frame {frame}.");

    public override void Dispose() => file.Dispose();

    /// <summary>The mask of a channel map; None if a position is unknown or the channels are in another order than the bits of the mask.</summary>
    private static ChannelMask Mask(int[]? map)
    {
        var mask = ChannelMask.None;
        foreach (var position in map ?? [])
        {
            // SF_CHANNEL_MAP_MONO to SF_CHANNEL_MAP_TOP_REAR_CENTER.
            var bit = position switch
            {
                1 or 4 or 7 => ChannelMask.FrontCenter,
                2 or 5 => ChannelMask.FrontLeft,
                3 or 6 => ChannelMask.FrontRight,
                8 => ChannelMask.BackCenter,
                9 => ChannelMask.BackLeft,
                10 => ChannelMask.BackRight,
                11 => ChannelMask.LowFrequency,
                12 => ChannelMask.FrontLeftOfCenter,
                13 => ChannelMask.FrontRightOfCenter,
                14 => ChannelMask.SideLeft,
                15 => ChannelMask.SideRight,
                _ => ChannelMask.None,
            };
            if (bit <= mask && (mask & ~(bit - 1)) != 0 || bit == ChannelMask.None)
            {
                return ChannelMask.None;
            }

            mask |= bit;
        }

        return mask;
    }

    /// <summary>Some files state their length only at their end.</summary>
    private long MeasureFrames()
    {
        try
        {
            var end = file.SeekFrame(0, 2);
            _ = file.SeekFrame(0, 0);
            return Math.Max(0, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
