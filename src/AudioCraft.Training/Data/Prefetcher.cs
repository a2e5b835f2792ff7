namespace AudioCraft.Training;

/// <summary>Creates the next items of a series on other threads while one is in use.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
public sealed class Prefetcher<T> : IDisposable
    where T : IDisposable
{
    private readonly Func<long, T> make;
    private readonly int depth;
    private readonly Queue<(long Number, Task<T> Item)> ahead = new();

    /// <param name="make">Creates an item by its number; called on several threads.</param>
    /// <param name="depth">Number of items created in advance, 0 or more.</param>
    public Prefetcher(Func<long, T> make, int depth = 2)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentOutOfRangeException.ThrowIfNegative(depth);
        this.make = make;
        this.depth = depth;
    }

    /// <summary>Returns an item and starts creating the following ones. The caller disposes it.</summary>
    /// <param name="number">Usually the last number plus 1; any other discards the items created in advance.</param>
    public T Get(long number)
    {
        if (ahead.TryPeek(out var first) && first.Number != number)
        {
            Drop();
        }

        var next = ahead.Count == 0 ? number : ahead.Last().Number + 1;
        for (; ahead.Count <= depth; next++)
        {
            var wanted = next;
            ahead.Enqueue((wanted, Task.Run(() => make(wanted))));
        }

        return ahead.Dequeue().Item.GetAwaiter().GetResult();
    }

    /// <summary>Waits for the items that are being created, and releases them.</summary>
    public void Dispose() => Drop();

    private void Drop()
    {
        while (ahead.TryDequeue(out var item))
        {
            // An item that failed in advance was never requested, so its error is not reported.
            if (((IAsyncResult)item.Item).AsyncWaitHandle.WaitOne() && item.Item.IsCompletedSuccessfully)
            {
                item.Item.Result.Dispose();
            }
        }
    }
}
