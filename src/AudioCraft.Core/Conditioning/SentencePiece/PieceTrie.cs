namespace AudioCraft.Conditioning;

/// <summary>
/// A trie that maps byte strings to numbers. Nodes are stored in breadth-first order, so the children of a node are adjacent
/// and one array of start indexes describes the whole tree.
/// </summary>
internal sealed class PieceTrie
{
    /// <summary>The root node.</summary>
    public const int Root = 0;

    private readonly byte[] labels;
    private readonly int[] values;
    private readonly int[] childStarts;
    private readonly int[] rootChildren = new int[256];

    /// <param name="keys">The keys, distinct and not empty.</param>
    public PieceTrie(IReadOnlyCollection<KeyValuePair<byte[], int>> keys)
    {
        var sorted = keys.ToArray();
        Array.Sort(sorted, static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));

        // A node is a range of sorted keys that agree on their first `depth` bytes.
        var nodes = new List<(int From, int To, int Depth, byte Label)> { (0, sorted.Length, 0, 0) };
        var valueList = new List<int>();
        var starts = new List<int>();
        for (var n = 0; n < nodes.Count; n++)
        {
            var (from, to, depth, _) = nodes[n];
            starts.Add(nodes.Count);
            var ends = from < to && sorted[from].Key.Length == depth;
            valueList.Add(ends ? sorted[from++].Value : -1);
            while (from < to)
            {
                var label = sorted[from].Key[depth];
                var end = from + 1;
                while (end < to && sorted[end].Key[depth] == label)
                {
                    end++;
                }

                nodes.Add((from, end, depth + 1, label));
                from = end;
            }
        }

        starts.Add(nodes.Count);
        labels = [.. nodes.Select(n => n.Label)];
        values = [.. valueList];
        childStarts = [.. starts];
        Array.Fill(rootChildren, -1);
        for (var child = childStarts[Root]; child < childStarts[Root + 1]; child++)
        {
            rootChildren[labels[child]] = child;
        }
    }

    /// <summary>The child of a node by label, or -1.</summary>
    public int Child(int node, byte label)
    {
        if (node == Root)
        {
            return rootChildren[label];
        }

        var low = childStarts[node];
        var high = childStarts[node + 1] - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var found = labels[middle];
            if (found == label)
            {
                return middle;
            }

            if (found < label)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    /// <summary>The number of the key that ends at <paramref name="node"/>, or -1.</summary>
    public int Value(int node) => values[node];

    /// <summary>Length in bytes of the longest key that is a prefix of <paramref name="text"/>, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text)
    {
        var longest = 0;
        var node = Root;
        for (var i = 0; i < text.Length && (node = Child(node, text[i])) >= 0; i++)
        {
            if (values[node] >= 0)
            {
                longest = i + 1;
            }
        }

        return longest;
    }
}
