namespace AudioCraft.Hosting;

/// <summary>Codes of audio in managed memory.</summary>
public sealed class SoundCodes
{
    /// <summary>Wraps codes, without copying them.</summary>
    /// <param name="values">[K, F]: the codes of the first codebook, then those of the next.</param>
    /// <param name="codebooks">K, at least 1.</param>
    /// <param name="scale">The scale, for codecs that renormalize.</param>
    /// <param name="soundFrames">The number of samples per channel, if it is not a whole number of frames; null for whole frames.</param>
    /// <exception cref="ArgumentException">There are no codes, their number is not a multiple of the codebooks, or the scale or the number of samples is invalid.</exception>
    public SoundCodes(int[] values, int codebooks, float? scale = null, long? soundFrames = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(codebooks, 1);
        if (values.Length == 0 || values.Length % codebooks != 0)
        {
            throw new ArgumentException($"The number of codes is {values.Length}, but a multiple of the {codebooks} codebooks, above 0, was expected.", nameof(values));
        }

        if (scale is { } value && !float.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A finite scale was expected.");
        }

        if (soundFrames < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(soundFrames), soundFrames, "At least one sample was expected.");
        }

        (Values, Codebooks, Scale, SoundFrames) = (values, codebooks, scale, soundFrames);
    }

    /// <summary>[K, F]: the codes of the first codebook, then those of the next.</summary>
    public int[] Values { get; }

    /// <summary>K, the number of codebooks.</summary>
    public int Codebooks { get; }

    /// <summary>F, the number of frames.</summary>
    public int Frames => Values.Length / Codebooks;

    /// <summary>The scale, for codecs that renormalize.</summary>
    public float? Scale { get; }

    /// <summary>The number of samples per channel that decoding returns, if it is not a whole number of frames.</summary>
    public long? SoundFrames { get; }
}
