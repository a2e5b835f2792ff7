namespace AudioCraft.Hosting;

/// <summary>A sound as a codec's codes, in managed memory.</summary>
public sealed class SoundCodes
{
    /// <summary>Wraps codes, without copying them.</summary>
    /// <param name="values">[K, F]: the frames of the first codebook, then those of the next.</param>
    /// <param name="codebooks">K, at least 1.</param>
    /// <param name="scale">The volume, for codecs that renormalize it.</param>
    /// <param name="soundFrames">Samples of a channel that the sound has, where whole frames of codes are longer; null for all that they give.</param>
    /// <exception cref="ArgumentException">There are no codes, they are not K rows, or a value is negative or not finite.</exception>
    public SoundCodes(int[] values, int codebooks, float? scale = null, long? soundFrames = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(codebooks, 1);
        if (values.Length == 0 || values.Length % codebooks != 0)
        {
            throw new ArgumentException($"{values.Length} codes are not frames of {codebooks} codebooks.", nameof(values));
        }

        if (scale is { } volume && !float.IsFinite(volume))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A finite volume was expected.");
        }

        if (soundFrames < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(soundFrames), soundFrames, "At least one sample was expected.");
        }

        (Values, Codebooks, Scale, SoundFrames) = (values, codebooks, scale, soundFrames);
    }

    /// <summary>[K, F]: the frames of the first codebook, then those of the next.</summary>
    public int[] Values { get; }

    /// <summary>K.</summary>
    public int Codebooks { get; }

    /// <summary>F.</summary>
    public int Frames => Values.Length / Codebooks;

    /// <summary>The volume, for codecs that renormalize it.</summary>
    public float? Scale { get; }

    /// <summary>Samples of a channel that decoding gives, where whole frames of codes are longer.</summary>
    public long? SoundFrames { get; }
}
