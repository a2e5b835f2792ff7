namespace AudioCraft.Training;

/// <summary>A training example of a language model: codes and descriptions.</summary>
public sealed class CodeItem
{
    /// <param name="codes">The codes of the first codebook, frame by frame, then those of the next: codebooks × frames values.</param>
    /// <param name="frames">Frames, at least 1.</param>
    /// <param name="descriptions">Descriptions, one of which is sampled for each use; empty for an item without text.</param>
    /// <exception cref="ArgumentException">The number of codes is not a multiple of the number of frames.</exception>
    public CodeItem(short[] codes, int frames, IReadOnlyList<string> descriptions)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentNullException.ThrowIfNull(descriptions);
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        if (codes.Length == 0 || codes.Length % frames != 0)
        {
            throw new ArgumentException($"{codes.Length} codes are not a multiple of {frames} frames.", nameof(codes));
        }

        (Codes, Frames, Descriptions) = (codes, frames, [.. descriptions]);
    }

    /// <summary>Codebook by codebook, frame by frame.</summary>
    public ReadOnlyMemory<short> Codes { get; }

    /// <summary>Number of frames.</summary>
    public int Frames { get; }

    /// <summary>Codebooks, K.</summary>
    public int NumCodebooks => Codes.Length / Frames;

    /// <summary>Descriptions.</summary>
    public IReadOnlyList<string> Descriptions { get; }
}
