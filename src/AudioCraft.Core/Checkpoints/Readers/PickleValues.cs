using System.Collections;

namespace AudioCraft.Checkpoints;

/// <summary>A Python dictionary as it was pickled: pairs in order, a later one of the same key replacing an earlier one. It runs nothing and holds only what was in the file.</summary>
public sealed class PickleDict
{
    // A hostile pickle is mostly empty dictionaries: they cost one object each until something is in them.
    private List<KeyValuePair<object?, object?>>? pairs;
    private OrderedDictionary<string, object?>? byName;

    /// <summary>Number of pairs written, repeated keys included.</summary>
    public int Count => pairs?.Count ?? 0;

    /// <summary>The pairs whose keys are text, the last of each key.</summary>
    public IReadOnlyDictionary<string, object?> ByName
    {
        get
        {
            if (byName is null)
            {
                byName = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
                foreach (var (key, value) in pairs ?? [])
                {
                    if (key is string name)
                    {
                        byName[name] = value;
                    }
                }
            }

            return byName;
        }
    }

    /// <summary>What the pickle set on the object beside its pairs, such as <c>_metadata</c> of a state dict; null if nothing.</summary>
    public object? Attributes { get; internal set; }

    /// <summary>The value of a key, if it is there.</summary>
    public bool TryGetValue(string key, out object? value) => ByName.TryGetValue(key, out value);

    internal void Set(object? key, object? value)
    {
        (pairs ??= []).Add(new(key, value));
        byName = null;
    }
}

/// <summary>A Python list, tuple or <c>torch.Size</c> as it was pickled.</summary>
public sealed class PickleList : IReadOnlyList<object?>
{
    private readonly List<object?> items;

    internal PickleList(bool isTuple, List<object?> items)
    {
        IsTuple = isTuple;
        this.items = items;
    }

    /// <summary>Whether it was a tuple, which the pickle cannot add to later.</summary>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public int Count => items.Count;

    /// <inheritdoc/>
    public object? this[int index] => items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(object? item) => items.Add(item);
}
