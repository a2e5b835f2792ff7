namespace AudioCraft.Training;

/// <summary>Makes the next few of a numbered series on other threads while one is being used.</summary>
/// <typeparam name="T">What is made.</typeparam>
public sealed class Prefetcher<T> : IDisposable
    where T : IDisposable
{
    private readonly Func<long, T> make;
    private readonly int depth;
    private readonly Queue<(long Number, Task<T> Item)> ahead = new();

    /// <param name="make">Makes an item by its number; it may be called on several threads at once.</param>
    /// <param name="depth">How many are made ahead, 0 or more.</param>
    public Prefetcher(Func<long, T> make, int depth = 2)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentOutOfRangeException.ThrowIfNegative(depth);
        this.make = make;
        this.depth = depth;
    }

    /// <summary>An item; those after it begin to be made. The caller owns it.</summary>
    /// <param name="number">Usually the one after the last; any other makes what was made ahead useless.</param>
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

    /// <summary>Waits for what is being made, and releases it.</summary>
    public void Dispose() => Drop();

    private void Drop()
    {
        while (ahead.TryDequeue(out var item))
        {
            // What failed ahead of its time concerns nobody: it would be made again when it is asked for.
            if (((IAsyncResult)item.Item).AsyncWaitHandle.WaitOne() && item.Item.IsCompletedSuccessfully)
            {
                item.Item.Result.Dispose();
            }
        }
    }
}
