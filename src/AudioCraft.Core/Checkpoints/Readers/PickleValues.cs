using System.Collections;

namespace AudioCraft.Checkpoints;

/// <summary>A Python dictionary from a pickle. If a key occurs more than once, the last value counts.</summary>
public sealed class PickleDict
{
    // Created with the first item, so that an empty dictionary is only one object.
    private List<KeyValuePair<object?, object?>>? pairs;
    private OrderedDictionary<string, object?>? byName;

    /// <summary>Number of pairs in the pickle, including repeated keys.</summary>
    public int Count => pairs?.Count ?? 0;

    /// <summary>The pairs with string keys.</summary>
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

    /// <summary>The attributes of the object, such as <c>_metadata</c> of a state dict; null if there are none.</summary>
    public object? Attributes { get; internal set; }

    /// <summary>Finds the value of a key.</summary>
    public bool TryGetValue(string key, out object? value) => ByName.TryGetValue(key, out value);

    internal void Set(object? key, object? value)
    {
        (pairs ??= []).Add(new(key, value));
        byName = null;
    }
}

/// <summary>A Python list, tuple or <c>torch.Size</c> from a pickle.</summary>
public sealed class PickleList : IReadOnlyList<object?>
{
    internal static readonly PickleList EmptyTuple = new([]);

    // Created with the first item, so that an empty list is only one object.
    private List<object?>? items;

    /// <summary>Creates an empty list.</summary>
    internal PickleList()
    {
    }

    /// <summary>Creates a tuple.</summary>
    internal PickleList(List<object?> items)
    {
        IsTuple = true;
        this.items = items;
    }

    /// <summary>Whether this is a tuple, to which no items can be added.</summary>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public int Count => items?.Count ?? 0;

    /// <inheritdoc/>
    public object? this[int index] => items is null ? throw new ArgumentOutOfRangeException(nameof(index), index, "The list is empty.") : items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => (items ?? Enumerable.Empty<object?>()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(object? item) => (items ??= []).Add(item);
}
