using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Keys and values [B, heads, steps, head size] of an attention.</summary>
internal readonly record struct KeyValues(Tensor Keys, Tensor Values);

/// <summary>
/// Keys and values of the steps so far, in memory that is allocated once for the longest sequence:
/// a step writes its own and reads a view of all, and nothing is ever copied to grow.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Tensor keys;
    private readonly Tensor values;

    public KeyValueCache(long batch, long heads, long maxSteps, long headSize, ScalarType dtype, Device device)
    {
        keys = empty([batch, heads, maxSteps, headSize], dtype: dtype, device: device).DetachFromDisposeScope();
        values = empty([batch, heads, maxSteps, headSize], dtype: dtype, device: device).DetachFromDisposeScope();
    }

    /// <summary>Steps that are in it.</summary>
    public long Length { get; private set; }

    /// <summary>Adds the keys and values [B, heads, n, head size] of the next steps; returns views of all up to them.</summary>
    public KeyValues Append(Tensor newKeys, Tensor newValues)
    {
        var count = newKeys.size(2);
        using (var place = keys.narrow(2, Length, count))
        {
            place.copy_(newKeys);
        }

        using (var place = values.narrow(2, Length, count))
        {
            place.copy_(newValues);
        }

        Length += count;
        return new KeyValues(keys.narrow(2, 0, Length), values.narrow(2, 0, Length));
    }

    public void Dispose()
    {
        keys.Dispose();
        values.Dispose();
    }
}
