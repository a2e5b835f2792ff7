using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>The mask and the rotation that the self-attentions of all layers share in one pass over some steps.</summary>
/// <param name="Mask">Additive mask, broadcast to [B, heads, steps, steps seen]; null without a mask, or if <paramref name="IsCausal"/> is sufficient.</param>
/// <param name="IsCausal">Whether the pass starts the sequence and each step attends to all previous ones.</param>
/// <param name="Rotation">Rotation of queries and keys; null without rotary positions.</param>
internal readonly record struct SelfAttentionPass(Tensor? Mask, bool IsCausal, Rotation? Rotation)
{
    /// <summary>Creates the pass over <paramref name="count"/> steps after <paramref name="past"/> others.</summary>
    /// <param name="past">Number of previous steps.</param>
    /// <param name="count">Number of steps in the pass.</param>
    /// <param name="window">Number of previous steps that a step attends to; null for all.</param>
    /// <param name="hidden">Additive mask [B, 1, 1, T] over the whole sequence, or null.</param>
    /// <param name="rotation">The rotations of these steps, or null.</param>
    /// <param name="dtype">Element type of the mask.</param>
    /// <param name="device">Device of the mask.</param>
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

        // Step i is at index before + i of the keys: the mask hides later steps and steps before the window.
        var infinite = full([count, before + count], Scalars.NegativeInfinity, dtype: dtype, device: device);
        var mask = infinite.triu(before + 1);
        if (isBounded)
        {
            mask = mask.add(infinite.tril(before - window!.Value - 1), Scalars.One);
        }

        return new(ownHidden is null ? mask : mask.add(ExceptPadding(hidden!, past, count, ownHidden), Scalars.One), false, rotation);
    }

    // Padding attends to padding, because softmax over no position is NaN. Other steps do not attend to it.
    private static Tensor ExceptPadding(Tensor hidden, long past, long count, Tensor ownHidden)
    {
        var isReal = hidden.narrow(3, past, count).eq(Scalars.Zero).transpose(2, 3);
        return where(isReal, ownHidden, zeros_like(ownHidden));
    }
}
