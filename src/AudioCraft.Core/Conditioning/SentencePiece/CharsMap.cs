using System.Buffers.Binary;
using System.Text.Unicode;

namespace AudioCraft.Conditioning;

/// <summary>
/// SentencePiece's <c>precompiled_charsmap</c>: the replacements of Unicode normalization (such as NFKC), compiled into
/// a little-endian uint32 with the size of the trie, a Darts-clone double-array trie, and NUL-terminated replacements that the trie's values point to.
/// </summary>
internal sealed class CharsMap
{
    /// <summary>The longest replacement in Unicode's NFKC has 33 bytes (U+FDFA); longer ones are refused.</summary>
    private const int LongestReplacement = 256;

    /// <summary>Maximum length of a key in bytes; it ends the search in a malicious trie with cycles.</summary>
    private const int LongestKey = 1024;

    private const uint LeafFlag = 1u << 31;

    private readonly uint[] units;
    private readonly byte[] replacements;

    private CharsMap(uint[] units, byte[] replacements)
    {
        this.units = units;
        this.replacements = replacements;
    }

    /// <summary>Reads and checks the map; null if it is empty, so that nothing is replaced.</summary>
    /// <exception cref="CheckpointException">A size or a reference in it is out of range, or a replacement is too long or not UTF-8.</exception>
    public static CharsMap? Parse(ReadOnlySpan<byte> blob, string source)
    {
        if (blob.IsEmpty)
        {
            return null;
        }

        var size = blob.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size > blob.Length - 4 || size == 0 || size % 4 != 0)
        {
            throw new CheckpointException($"{source}: the trie of its character map has {size} bytes, which does not fit {blob.Length} bytes of map.");
        }

        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * i))..]);
        }

        var map = new CharsMap(units, blob[(4 + (int)size)..].ToArray());
        map.CheckReplacements(source);
        return map;
    }

    /// <summary>Finds the longest rule that matches the start of <paramref name="text"/>. Returns its length in bytes, or 0.</summary>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        var node = Offset(units[0]);
        var longest = 0;
        var start = 0;
        var limit = Math.Min(text.Length, LongestKey);
        for (var i = 0; i < limit; i++)
        {
            node ^= text[i];
            if (node >= (uint)units.Length || (units[node] & (LeafFlag | 0xFF)) != text[i])
            {
                break;
            }

            var unit = units[node];
            node ^= Offset(unit);
            if (HasLeaf(unit))
            {
                longest = i + 1;
                start = (int)(units[node] & ~LeafFlag);
            }
        }

        replacement = longest == 0 ? default : replacements.AsSpan(start);
        replacement = replacement[..Math.Max(0, replacement.IndexOf((byte)0))];
        return longest;
    }

    private static bool HasLeaf(uint unit) => (unit >> 8 & 1) == 1;

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);

    /// <summary>Checks that every reachable value points to a short, terminated, valid replacement.</summary>
    private void CheckReplacements(string source)
    {
        for (uint i = 0; i < units.Length; i++)
        {
            var unit = units[i];
            if ((unit & LeafFlag) != 0 || !HasLeaf(unit))
            {
                continue;
            }

            var leaf = i ^ Offset(unit);
            var start = leaf < units.Length ? units[leaf] & ~LeafFlag : uint.MaxValue;
            if (start >= replacements.Length)
            {
                throw new CheckpointException($"{source}: unit {i} of its character map points outside of the map.");
            }

            var tail = replacements.AsSpan((int)start);
            var length = tail[..Math.Min(tail.Length, LongestReplacement + 1)].IndexOf((byte)0);
            if (length < 0 || !Utf8.IsValid(tail[..length]))
            {
                throw new CheckpointException($"{source}: the replacement at {start} of its character map is not UTF-8 of at most {LongestReplacement} bytes.");
            }
        }
    }
}
