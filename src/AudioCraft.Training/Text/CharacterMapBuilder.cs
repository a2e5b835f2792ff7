using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Training;

/// <summary>
/// Compiles replacements of characters into SentencePiece's <c>precompiled_charsmap</c>: a little-endian uint32 with the size of a double-array trie
/// (Aoe 1989, in the layout of the library Darts-clone), the trie, and NUL-terminated replacements that its values point into.
/// </summary>
internal static class CharacterMapBuilder
{
    private const uint LeafFlag = 1u << 31;

    /// <summary>Offsets below this size are stored directly; larger arrays would need coarse offsets, which are not implemented.</summary>
    private const int LargestArray = 1 << 21;

    private sealed class Node
    {
        public SortedDictionary<byte, Node> Children { get; } = [];

        public int Value { get; set; } = -1;
    }

    /// <param name="rules">Replacement of each string; keys are not empty and contain no NUL.</param>
    public static byte[] Build(IReadOnlyDictionary<string, string> rules)
    {
        if (rules.Count == 0)
        {
            return [];
        }

        var replacements = new List<byte>();
        var root = Trie(rules, replacements);
        var units = Layout(root);
        var blob = new byte[4 + (4 * units.Count) + replacements.Count];
        BinaryPrimitives.WriteInt32LittleEndian(blob, 4 * units.Count);
        for (var i = 0; i < units.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(4 + (4 * i)), units[i]);
        }

        replacements.CopyTo(blob, 4 + (4 * units.Count));
        return blob;
    }

    private static Node Trie(IReadOnlyDictionary<string, string> rules, List<byte> replacements)
    {
        var root = new Node();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (from, to) in rules.OrderBy(rule => rule.Key, StringComparer.Ordinal))
        {
            if (!places.TryGetValue(to, out var place))
            {
                places[to] = place = replacements.Count;
                replacements.AddRange(Encoding.UTF8.GetBytes(to));
                replacements.Add(0);
            }

            var node = root;
            foreach (var label in Encoding.UTF8.GetBytes(from))
            {
                if (!node.Children.TryGetValue(label, out var next))
                {
                    node.Children[label] = next = new Node();
                }

                node = next;
            }

            node.Value = place;
        }

        return root;
    }

    /// <summary>The children of a node whose base is b lie at b ^ label, its value at b; a unit contains its label and the offset to its base.</summary>
    private static List<uint> Layout(Node root)
    {
        var units = new List<uint>(new uint[512]);
        var taken = new List<bool>(new bool[512]) { [0] = true };
        var bases = new HashSet<int>();
        var queue = new Queue<(Node Node, int At)>([(root, 0)]);
        while (queue.TryDequeue(out var next))
        {
            var (node, at) = next;
            List<byte> labels = node.Value >= 0 ? [0, .. node.Children.Keys] : [.. node.Children.Keys];
            var place = FreeBase(labels, units, taken, bases);
            units[at] |= ((uint)(at ^ place) << 10) | (node.Value >= 0 ? 1u << 8 : 0);
            foreach (var label in labels)
            {
                taken[place ^ label] = true;
            }

            if (node.Value >= 0)
            {
                units[place] = LeafFlag | (uint)node.Value;
            }

            foreach (var (label, child) in node.Children)
            {
                units[place ^ label] = label;
                queue.Enqueue((child, place ^ label));
            }
        }

        return units.Count <= LargestArray ? units : throw new ArgumentException($"The map has {units.Count} cells; at most {LargestArray} can be written.");
    }

    // Two nodes with one base would share their children.
    private static int FreeBase(List<byte> labels, List<uint> units, List<bool> taken, HashSet<int> bases)
    {
        for (var place = 1; ; place++)
        {
            while (place + 256 > units.Count)
            {
                units.AddRange(new uint[256]);
                taken.AddRange(new bool[256]);
            }

            if (!bases.Contains(place) && labels.TrueForAll(label => !taken[place ^ label]))
            {
                bases.Add(place);
                return place;
            }
        }
    }
}
