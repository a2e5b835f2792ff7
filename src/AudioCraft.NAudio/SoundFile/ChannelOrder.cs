namespace AudioCraft.NAudio.SoundFile;

/// <summary>
/// The order of interleaved channels. Tensors and sample providers have the order of WAV files, which is that of the bits of <see cref="ChannelMask"/>; Ogg Vorbis and Opus files have another.
/// An order lists, for each channel of the result, the channel of the source.
/// </summary>
internal static class ChannelOrder
{
    /// <summary>The channels of an Ogg Vorbis or Opus file (section 4.3.9 of the Vorbis I specification) in WAV order; null if the order is the same or not specified.</summary>
    public static int[]? FromVorbis(int channels) => channels switch
    {
        3 => [0, 2, 1],
        5 => [0, 2, 1, 3, 4],
        6 => [0, 2, 1, 5, 3, 4],
        7 => [0, 2, 1, 6, 5, 3, 4],
        8 => [0, 2, 1, 7, 5, 6, 3, 4],
        _ => null,
    };

    /// <summary>The channels of WAV order in the order of an Ogg Vorbis or Opus file.</summary>
    public static int[]? ToVorbis(int channels)
    {
        if (FromVorbis(channels) is not { } order)
        {
            return null;
        }

        var inverse = new int[channels];
        for (var i = 0; i < channels; i++)
        {
            inverse[order[i]] = i;
        }

        return inverse;
    }

    /// <summary>Channels with these positions in WAV order; null if they are in it.</summary>
    public static int[]? Sorted(ChannelMask[] positions)
    {
        int[] order = [.. Enumerable.Range(0, positions.Length).OrderBy(i => (uint)positions[i])];
        return order.SequenceEqual(Enumerable.Range(0, positions.Length)) ? null : order;
    }

    /// <summary>Reorders the channels of whole frames in place.</summary>
    public static void Apply(int[]? order, Span<float> frames)
    {
        if (order is null)
        {
            return;
        }

        Span<float> source = stackalloc float[order.Length];
        for (; frames.Length >= order.Length; frames = frames[order.Length..])
        {
            frames[..order.Length].CopyTo(source);
            for (var i = 0; i < order.Length; i++)
            {
                frames[i] = source[order[i]];
            }
        }
    }
}
