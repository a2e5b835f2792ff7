namespace AudioCraft.NAudio.SoundFile;

/// <summary>Every format that libsndfile reads.</summary>
internal sealed class LibSndFileDecoder : SoundDecoder
{
    /// <summary>SF_CHANNEL_MAP_AMBISONIC_B_W.</summary>
    private const int AmbisonicW = 23;

    private const int OpusMappingOffset = 18;

    private readonly NativeSoundFile file;
    private readonly string name;
    private readonly int[]? order;

    /// <param name="stream">A seekable stream at its beginning. It stays open.</param>
    /// <param name="name">The name of the file in error messages.</param>
    /// <param name="head">The first bytes of the file.</param>
    public LibSndFileDecoder(Stream stream, string name, ReadOnlySpan<byte> head)
    {
        this.name = name;
        var info = default(LibSndFile.Info);
        file = new NativeSoundFile(stream, name, LibSndFile.Read, ref info);
        Channels = info.Channels;
        SampleRate = info.SampleRate;
        (Layout, order) = Describe(info.Format, head);

        // FLAC files written to a pipe do not state their length.
        var isKnown = info.Frames is > 0 and < long.MaxValue;
        HasExactLength = isKnown && (info.Format & LibSndFile.MajorFormatMask) == LibSndFile.Flac;
        Frames = isKnown ? info.Frames : info.Frames == 0 ? MeasureFrames() : 0;
    }

    public override int Read(Span<float> buffer)
    {
        var read = file.ReadFrames(buffer, buffer.Length / Channels) * Channels;
        ChannelOrder.Apply(order, buffer[..read]);
        return read;
    }

    public override long Seek(long frame) =>
        file.SeekFrame(frame, 0) is var reached and >= 0 ? reached : throw new AudioFormatException($"{name}: libsndfile cannot move to frame {frame}.");

    public override void Dispose() => file.Dispose();

    /// <summary>The positions of the channels, and their order if it is not that of WAV files. Positions are None where the file states none, or not for all channels.</summary>
    private (ChannelMask Layout, int[]? Order) Describe(int format, ReadOnlySpan<byte> head)
    {
        // libsndfile neither reorders the channels of these formats nor returns a map.
        if ((format & LibSndFile.FormatMask) is LibSndFile.OggVorbis)
        {
            return (ChannelMask.None, ChannelOrder.FromVorbis(Channels));
        }

        if ((format & LibSndFile.FormatMask) is LibSndFile.OggOpus)
        {
            return OpusMapping(head) switch
            {
                1 => (ChannelMask.None, ChannelOrder.FromVorbis(Channels)),
                2 or 3 => (ChannelMask.Ambisonic, null),
                _ => (ChannelMask.None, null),
            };
        }

        if (file.IsAmbisonic || file.GetChannelMap(Channels) is [AmbisonicW, ..])
        {
            return (ChannelMask.Ambisonic, null);
        }

        ChannelMask[] positions = [.. (file.GetChannelMap(Channels) ?? []).Select(Position)];
        return positions.Contains(ChannelMask.None) || positions.Distinct().Count() < positions.Length
            ? (ChannelMask.None, null)
            : (positions.Aggregate(ChannelMask.None, (mask, position) => mask | position), ChannelOrder.Sorted(positions));
    }

    /// <summary>The channel mapping family in the header of an Opus file (RFC 7845, section 5.1.1): 1 for the order of Vorbis, 2 and 3 for ambisonics (RFC 8486).</summary>
    private static int OpusMapping(ReadOnlySpan<byte> head) =>
        head.IndexOf("OpusHead"u8) is var start and >= 0 && start + OpusMappingOffset < head.Length ? head[start + OpusMappingOffset] : 0;

    /// <summary>The position for an SF_CHANNEL_MAP value; None for others.</summary>
    private static ChannelMask Position(int value) => value switch
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
        16 => ChannelMask.TopCenter,
        17 => ChannelMask.TopFrontLeft,
        18 => ChannelMask.TopFrontRight,
        19 => ChannelMask.TopFrontCenter,
        20 => ChannelMask.TopBackLeft,
        21 => ChannelMask.TopBackRight,
        22 => ChannelMask.TopBackCenter,
        _ => ChannelMask.None,
    };

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
