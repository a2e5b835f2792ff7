namespace AudioCraft.Training;

/// <summary>
/// Replaces stretches of the input of a language model by codes of another sound; the targets stay unchanged. A model that was trained on error-free input amplifies its own first error,
/// often into silence (exposure bias; Bengio et al. 2015, "Scheduled sampling for sequence prediction").
/// </summary>
/// <param name="share">Share of the frames that is replaced, 0 to less than 1.</param>
/// <param name="length">Mean length of a stretch in frames, at least 1.</param>
public sealed class HistoryNoise(double share, double length = 5)
{
    private readonly double share = share is >= 0 and < 1
        ? share
        : throw new ArgumentOutOfRangeException(nameof(share), share, "A share of 0 to less than 1 is expected.");

    private readonly double length = length is >= 1 and <= 1e6
        ? length
        : throw new ArgumentOutOfRangeException(nameof(length), length, "A mean length of 1 to a million frames is expected.");

    /// <summary>Replaces stretches, each from a random codebook to the last.</summary>
    /// <param name="codes">[items, codebooks, frames].</param>
    /// <param name="items">Items of the batch; a replacement may come from any item and time.</param>
    /// <param name="codebooks">Number of codebooks.</param>
    /// <param name="special">The token that pads the end of an item; it neither is replaced nor replaces others.</param>
    /// <param name="seed">Seed of the random choice.</param>
    /// <returns>New codes, or <paramref name="codes"/> itself if the share is 0.</returns>
    public long[] Apply(long[] codes, int items, int codebooks, long special, long seed)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(codebooks, 1);
        if (share == 0)
        {
            return codes;
        }

        var (frames, random, result) = (codes.Length / items / codebooks, new SeededRandom((ulong)seed), codes.ToArray());
        var begins = Math.Min(1, share / ((1 - share) * length));
        for (var i = 0; i < items; i++)
        {
            for (var t = 0; t < frames; t++)
            {
                if (random.Uniform() >= begins)
                {
                    continue;
                }

                var (other, at, from) = ((int)random.Below(items), (int)random.Below(frames), (int)random.Below(codebooks));
                do
                {
                    for (var k = from; k < codebooks; k++)
                    {
                        var (own, replacement) = ((((i * codebooks) + k) * frames) + t, codes[(((other * codebooks) + k) * frames) + at]);
                        result[own] = result[own] == special || replacement == special ? result[own] : replacement;
                    }

                    t++;
                    at = (at + 1) % frames;
                }
                while (t < frames && random.Uniform() * length >= 1);
            }
        }

        return result;
    }
}
