using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that remembers the order of insertion and enumerates tuples.</summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "TorchSharp's name.")]
public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)> where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> lookup = [];
    private readonly List<TKey> order = [];

    public int Count => order.Count;

    public bool IsReadOnly => false;

    public IEnumerable<TKey> keys() => order;

    public IEnumerable<TValue> values() => order.Select(key => lookup[key]);

    public ICollection<TKey> Keys => order.ToList();

    public ICollection<TValue> Values => order.Select(key => lookup[key]).ToList();

    public TValue this[TKey key]
    {
        get => lookup[key];
        set
        {
            if (!lookup.ContainsKey(key))
            {
                order.Add(key);
            }

            lookup[key] = value;
        }
    }

    public (TKey, TValue) this[int index]
    {
        get => (order[index], lookup[order[index]]);
        set
        {
            lookup.Remove(order[index]);
            order[index] = value.Item1;
            lookup[value.Item1] = value.Item2;
        }
    }

    public void Add(TKey key, TValue value)
    {
        lookup.Add(key, value);
        order.Add(key);
    }

    public void Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);

    public bool Remove(TKey key) => lookup.Remove(key) && order.Remove(key);

    public bool Remove(KeyValuePair<TKey, TValue> item) => Contains(item) && Remove(item.Key);

    public bool Remove((TKey, TValue) item) => Contains(item) && Remove(item.Item1);

    public void RemoveAt(int index) => Remove(order[index]);

    public void Insert(int index, (TKey, TValue) item)
    {
        lookup.Add(item.Item1, item.Item2);
        order.Insert(index, item.Item1);
    }

    public int IndexOf((TKey, TValue) item) => Contains(item) ? order.IndexOf(item.Item1) : -1;

    public bool ContainsKey(TKey key) => lookup.ContainsKey(key);

    public bool Contains(KeyValuePair<TKey, TValue> item) => Contains((item.Key, item.Value));

    public bool Contains((TKey, TValue) item) =>
        lookup.TryGetValue(item.Item1, out var value) && EqualityComparer<TValue>.Default.Equals(value, item.Item2);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => lookup.TryGetValue(key, out value);

    public void Clear()
    {
        lookup.Clear();
        order.Clear();
    }

    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
    {
        foreach (var (key, value) in this)
        {
            array[arrayIndex++] = new(key, value);
        }
    }

    public void CopyTo((TKey, TValue)[] array, int arrayIndex)
    {
        foreach (var item in this)
        {
            array[arrayIndex++] = item;
        }
    }

    public IEnumerator<(TKey, TValue)> GetEnumerator() => order.Select(key => (key, lookup[key])).ToList().GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() =>
        order.Select(key => KeyValuePair.Create(key, lookup[key])).ToList().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
