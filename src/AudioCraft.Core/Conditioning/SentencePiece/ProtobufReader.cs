using System.Buffers.Binary;

namespace AudioCraft.Conditioning;

/// <summary>
/// Reads the fields of a protocol-buffer message in memory (the wire format of protobuf.dev/programming-guides/encoding).
/// Lengths are checked against the remaining bytes. Groups, which SentencePiece models do not contain, are refused.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string source)
{
    private const int VarintKind = 0;
    private const int Fixed64Kind = 1;
    private const int BytesKind = 2;
    private const int Fixed32Kind = 5;

    private ReadOnlySpan<byte> rest = message;
    private int kind;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Moves to the next field; false at the end of the message.</summary>
    public bool Next()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var tag = TakeVarint();
        kind = (int)(tag & 7);
        Field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw Damaged($"a field has number {tag >> 3}");
        return true;
    }

    public ulong Varint()
    {
        Expect(VarintKind);
        return TakeVarint();
    }

    public bool Bool() => Varint() != 0;

    public float Float()
    {
        Expect(Fixed32Kind);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    /// <summary>Reads a string, a byte field or an embedded message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        Expect(BytesKind);
        return Take(TakeVarint());
    }

    public void Skip()
    {
        switch (kind)
        {
            case VarintKind: TakeVarint(); break;
            case Fixed64Kind: Take(8); break;
            case BytesKind: Take(TakeVarint()); break;
            case Fixed32Kind: Take(4); break;
            default: throw Damaged($"field {Field} has wire type {kind}");
        }
    }

    private void Expect(int expected)
    {
        if (kind != expected)
        {
            throw Damaged($"field {Field} has wire type {kind}, but {expected} was expected");
        }
    }

    private ulong TakeVarint()
    {
        ulong value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return value;
            }
        }

        throw Damaged("a number does not end");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length)
        {
            throw Damaged($"field {Field} has {length} bytes, but {rest.Length} are left");
        }

        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    private readonly CheckpointException Damaged(string what) => new($"{source} is not a SentencePiece model, or is damaged: {what}.");
}
