namespace AudioCraft.Training;

/// <summary>A sound as a language model learns it: its codes, and texts that describe it.</summary>
public sealed class CodeItem
{
    /// <param name="codes">The codes of the first codebook, frame by frame, then those of the next: codebooks × frames numbers.</param>
    /// <param name="frames">Frames, at least 1.</param>
    /// <param name="descriptions">Ways to describe the sound, of which one is drawn whenever it is used. None: the sound is learnt without a text.</param>
    /// <exception cref="ArgumentException">The number of codes is no multiple of the frames.</exception>
    public CodeItem(short[] codes, int frames, IReadOnlyList<string> descriptions)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentNullException.ThrowIfNull(descriptions);
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        if (codes.Length == 0 || codes.Length % frames != 0)
        {
            throw new ArgumentException($"{codes.Length} codes do not make whole codebooks of {frames} frames.", nameof(codes));
        }

        (Codes, Frames, Descriptions) = (codes, frames, [.. descriptions]);
    }

    /// <summary>Codebook by codebook, frame by frame.</summary>
    public ReadOnlyMemory<short> Codes { get; }

    /// <summary>Frames of the sound.</summary>
    public int Frames { get; }

    /// <summary>Codebooks, K.</summary>
    public int NumCodebooks => Codes.Length / Frames;

    /// <summary>Ways to describe the sound.</summary>
    public IReadOnlyList<string> Descriptions { get; }
}
