namespace AudioCraft.Training;

/// <summary>
/// Lets a language model hear, here and there, other codes than those it is to go on from: stretches of another sound. A model that has only ever heard sounds without a mistake follows the
/// first mistake of its own, into silence most often (the exposure bias of "Scheduled sampling for sequence prediction", Bengio et al. 2015); what is to be predicted stays true.
/// </summary>
/// <param name="share">Part of all frames that is replaced, 0 to less than 1.</param>
/// <param name="length">Mean length of a stretch in frames, at least 1.</param>
public sealed class HistoryNoise(double share, double length = 5)
{
    private readonly double share = share is >= 0 and < 1
        ? share
        : throw new ArgumentOutOfRangeException(nameof(share), share, "A share of 0 to less than 1 is expected.");

    private readonly double length = length is >= 1 and <= 1e6
        ? length
        : throw new ArgumentOutOfRangeException(nameof(length), length, "A mean length of 1 to a million frames is expected.");

    /// <summary>The codes with stretches replaced, each from a random codebook on to the finest.</summary>
    /// <param name="codes">[items, codebooks, frames].</param>
    /// <param name="items">Sounds of the batch; a stretch may come from any of them, and from another time.</param>
    /// <param name="codebooks">Codebooks, the coarsest first.</param>
    /// <param name="special">The token that stands where a sound has ended: it is neither replaced nor heard elsewhere.</param>
    /// <param name="seed">Decides which.</param>
    /// <returns>New codes; <paramref name="codes"/> itself where nothing is to be replaced.</returns>
    public long[] Apply(long[] codes, int items, int codebooks, long special, long seed)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(codebooks, 1);
        if (share == 0)
        {
            return codes;
        }

        var (frames, random, heard) = (codes.Length / items / codebooks, new SeededRandom((ulong)seed), codes.ToArray());
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
                        var (own, heardInstead) = ((((i * codebooks) + k) * frames) + t, codes[(((other * codebooks) + k) * frames) + at]);
                        heard[own] = heard[own] == special || heardInstead == special ? heard[own] : heardInstead;
                    }

                    t++;
                    at = (at + 1) % frames;
                }
                while (t < frames && random.Uniform() * length >= 1);
            }
        }

        return heard;
    }
}
