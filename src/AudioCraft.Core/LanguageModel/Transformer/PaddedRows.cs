using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Batches whose rows begin with different numbers of padding positions.</summary>
internal static class PaddedRows
{
    /// <summary>A table [T, d] of positions → [1, T, d], or [B, T, d] with the positions of each row counted after its padding (the padding has the first position).</summary>
    public static Tensor Shift(Tensor table, IReadOnlyList<long>? padding)
    {
        if (padding is null)
        {
            return table.unsqueeze(0);
        }

        var count = table.size(0);
        return stack(padding.Select(pad => pad == 0 ? table : cat([table.narrow(0, 0, 1).expand(pad, -1), table.narrow(0, 0, count - pad)], 0)));
    }

    /// <summary>Additive mask [B, 1, 1, T] that hides each row's padding; null without padding.</summary>
    public static Tensor? HidePadding(IReadOnlyList<long>? padding, long count, ScalarType dtype, Device device)
    {
        if (padding is null)
        {
            return null;
        }

        var mask = new float[padding.Count * count];
        for (var row = 0; row < padding.Count; row++)
        {
            mask.AsSpan((int)(row * count), (int)padding[row]).Fill(float.NegativeInfinity);
        }

        return tensor(mask, [padding.Count, 1, 1, count], dtype: dtype, device: device);
    }
}
