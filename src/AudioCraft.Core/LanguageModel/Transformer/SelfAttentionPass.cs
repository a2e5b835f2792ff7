using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>What the self-attentions of all layers share in one pass over some steps.</summary>
/// <param name="Mask">Additive mask, broadcast to [B, heads, steps, steps seen]; null where every step seen counts, or where <paramref name="IsCausal"/> says all.</param>
/// <param name="IsCausal">Whether the pass begins the sequence and each step sees all before it.</param>
/// <param name="Rotation">Turns queries and keys, or null without rotary positions.</param>
internal readonly record struct SelfAttentionPass(Tensor? Mask, bool IsCausal, Rotation? Rotation)
{
    /// <summary>The pass over <paramref name="count"/> steps after <paramref name="past"/> others.</summary>
    /// <param name="past">Steps before.</param>
    /// <param name="count">Steps of the pass.</param>
    /// <param name="window">How many steps back a step sees, or null for all.</param>
    /// <param name="hidden">Additive mask [B, 1, 1, T] over the whole sequence, or null.</param>
    /// <param name="rotation">The rotations of these steps, or null.</param>
    /// <param name="dtype">Element type of the mask.</param>
    /// <param name="device">Where the mask lives.</param>
    public static SelfAttentionPass Create(long past, long count, long? window, Tensor? hidden, Rotation? rotation, ScalarType dtype, Device device)
    {
        var before = window is null ? past : Math.Min(past, window.Value);
        var ownHidden = hidden?.narrow(3, past - before, before + count);
        if (count == 1)
        {
            return new(ownHidden, false, rotation);
        }

        var isBounded = window < past + count - 1;
        if (past == 0 && hidden is null && !isBounded)
        {
            return new(null, true, rotation);
        }

        // Step i is at before + i among the steps seen: later ones are hidden, and those further back than the window.
        var infinite = full([count, before + count], double.NegativeInfinity, dtype: dtype, device: device);
        var mask = infinite.triu(before + 1);
        if (isBounded)
        {
            mask = mask + infinite.tril(before - window!.Value - 1);
        }

        return new(ownHidden is null ? mask : mask + Spared(hidden!, past, count, ownHidden), false, rotation);
    }

    // What is hidden sees what is hidden, for attention over nothing is not a number; nobody else sees it.
    private static Tensor Spared(Tensor hidden, long past, long count, Tensor ownHidden)
    {
        var isReal = hidden.narrow(3, past, count).eq(0).transpose(2, 3);
        return where(isReal, ownHidden, zeros_like(ownHidden));
    }
}
