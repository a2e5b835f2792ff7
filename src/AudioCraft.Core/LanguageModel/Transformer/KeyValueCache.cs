using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Keys and values [B, heads, steps, head size] of an attention.</summary>
internal readonly record struct KeyValues(Tensor Keys, Tensor Values);

/// <summary>
/// Keys and values of the previous steps, in memory that is allocated once: a step writes its own and reads a view of all.
/// With a window only the last steps are kept, in a buffer of two windows, so that they move to its front once per window.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Tensor keys;
    private readonly Tensor values;
    private readonly long window;
    private long end;

    /// <param name="batch">Rows of the batch.</param>
    /// <param name="heads">Heads of keys and values.</param>
    /// <param name="maxSteps">Steps of the longest sequence.</param>
    /// <param name="headSize">Size of a head.</param>
    /// <param name="window">Number of previous steps that a step attends to; null for all.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="device">Device.</param>
    public KeyValueCache(long batch, long heads, long maxSteps, long headSize, long? window, ScalarType dtype, Device device)
    {
        this.window = Math.Min(window ?? maxSteps, maxSteps);
        Capacity = Math.Min(maxSteps, (2 * this.window) + 1);
        keys = empty([batch, heads, Capacity, headSize], dtype: dtype, device: device).DetachFromDisposeScope();
        values = empty([batch, heads, Capacity, headSize], dtype: dtype, device: device).DetachFromDisposeScope();
    }

    /// <summary>Steps that the buffer holds.</summary>
    public long Capacity { get; }

    /// <summary>Steps that have been added.</summary>
    public long Length { get; private set; }

    /// <summary>The whole buffers, each [B, heads, <see cref="Capacity"/>, head size].</summary>
    public KeyValues Stored => new(keys, values);

    /// <summary>Reserves one step, whose keys and values the caller writes into <see cref="Stored"/>.</summary>
    /// <returns>The range of <see cref="Stored"/> that the step attends to. Its own place is the last.</returns>
    public (long Start, long Count) ReserveStep()
    {
        var seen = Math.Min(Length, window) + 1;
        MakeRoom(1, seen);
        end++;
        Length++;
        return (end - seen, seen);
    }

    /// <summary>Adds the keys and values [B, heads, n, head size] of the next steps.</summary>
    /// <returns>The keys and values that these steps attend to.</returns>
    public KeyValues Append(Tensor newKeys, Tensor newValues)
    {
        var count = newKeys.size(2);
        var seen = Math.Min(Length, window) + count;
        if (end + count > Capacity && seen > Capacity)
        {
            return AppendMoreThanFits(newKeys, newValues, count);
        }

        MakeRoom(count, seen);
        Write(keys, newKeys, end);
        Write(values, newValues, end);
        end += count;
        Length += count;
        return new KeyValues(keys.narrow(2, end - seen, seen), values.narrow(2, end - seen, seen));
    }

    public void Dispose()
    {
        keys.Dispose();
        values.Dispose();
    }

    private void MakeRoom(long count, long seen)
    {
        if (end + count > Capacity)
        {
            KeepLast(keys, seen - count);
            KeepLast(values, seen - count);
            end = seen - count;
        }
    }

    // The steps attend to a concatenation; only the part that later steps attend to is stored.
    private KeyValues AppendMoreThanFits(Tensor newKeys, Tensor newValues, long count)
    {
        var past = Math.Min(Length, window);
        var all = past == 0
            ? new KeyValues(newKeys, newValues)
            : new KeyValues(cat([keys.narrow(2, end - past, past), newKeys], 2), cat([values.narrow(2, end - past, past), newValues], 2));
        var kept = Math.Min(window, past + count);
        Write(keys, all.Keys.narrow(2, past + count - kept, kept), 0);
        Write(values, all.Values.narrow(2, past + count - kept, kept), 0);
        end = kept;
        Length += count;
        return all;
    }

    private void KeepLast(Tensor stored, long count)
    {
        using var scope = NewDisposeScope();
        Write(stored, stored.narrow(2, end - count, count).clone(), 0);
    }

    private static void Write(Tensor stored, Tensor added, long start)
    {
        using var place = stored.narrow(2, start, added.size(2));
        place.copy_(added);
    }
}
