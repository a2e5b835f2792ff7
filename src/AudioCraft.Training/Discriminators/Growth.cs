namespace AudioCraft.Training;

/// <summary>How the channels of a discriminator grow with depth.</summary>
internal static class Growth
{
    /// <summary><paramref name="first"/> · <paramref name="scale"/>^<paramref name="depth"/>, but at most <paramref name="limit"/>.</summary>
    public static long Limited(long first, long scale, int depth, long limit)
    {
        var channels = first;
        for (var i = 0; i < depth && channels < limit; i++)
        {
            channels *= scale;
        }

        return Math.Min(channels, limit);
    }
}
