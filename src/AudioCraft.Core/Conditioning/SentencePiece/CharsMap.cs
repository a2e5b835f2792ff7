using System.Buffers.Binary;
using System.Text.Unicode;

namespace AudioCraft.Conditioning;

/// <summary>
/// SentencePiece's <c>precompiled_charsmap</c>: which byte sequences are replaced by which, NFKC and the like compiled into
/// a little-endian uint32 with the size of a Darts-clone double-array trie, the trie, and NUL-terminated replacements that the trie's values point into.
/// </summary>
internal sealed class CharsMap
{
    /// <summary>The longest replacement in Unicode's NFKC has 33 bytes (U+FDFA); anything near this is an attack on memory.</summary>
    private const int LongestReplacement = 256;

    /// <summary>The longest key that is looked for, in bytes: a hostile trie may have cycles.</summary>
    private const int LongestKey = 1024;

    private const uint LeafFlag = 1u << 31;

    private readonly uint[] units;
    private readonly byte[] replacements;

    private CharsMap(uint[] units, byte[] replacements)
    {
        this.units = units;
        this.replacements = replacements;
    }

    /// <summary>Reads and checks the blob; an empty one means that nothing is replaced.</summary>
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

    /// <summary>The longest rule that <paramref name="text"/> begins with: its length in bytes and what replaces it, or 0.</summary>
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

    /// <summary>Every value that a lookup can reach must point at a short, terminated, valid replacement.</summary>
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
