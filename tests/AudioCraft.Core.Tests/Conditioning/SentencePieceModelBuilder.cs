using System.Buffers.Binary;
using System.Text;
using AudioCraft.Conditioning;

namespace AudioCraft.Tests.Conditioning;

/// <summary>Writes small valid and invalid SentencePiece models.</summary>
internal sealed class SentencePieceModelBuilder
{
    private readonly List<byte> bytes = [];

    public static SentencePieceModelBuilder Small() => new SentencePieceModelBuilder()
        .Piece("<pad>", 0, PieceType.Control).Piece("</s>", 0, PieceType.Control).Piece("<unk>", 0, PieceType.Unknown)
        .Piece("\u2581", -3).Piece("a", -2).Piece("b", -2.5f).Piece("ab", -3.5f).Piece("\u2581a", -3.25f);

    public SentencePieceModelBuilder Piece(string text, float score, PieceType type = PieceType.Normal)
    {
        var score4 = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(score4, score);
        return Message(1, [.. Field(1, Encoding.UTF8.GetBytes(text)), 0x15, .. score4, 0x18, (byte)type]);
    }

    public SentencePieceModelBuilder Trainer(int field, ulong value) => Message(2, [.. Varint((ulong)field << 3), .. Varint(value)]);

    public SentencePieceModelBuilder Normalizer(int field, ulong value) => Message(3, [.. Varint((ulong)field << 3), .. Varint(value)]);

    public SentencePieceModelBuilder CharsMap(byte[] blob) => Message(3, Field(2, blob));

    public SentencePieceModelBuilder Bytes()
    {
        Trainer(35, 1);
        for (var i = 0; i < 256; i++)
        {
            Piece($"<0x{i:X2}>", 0, PieceType.Byte);
        }

        return this;
    }

    public byte[] ToArray() => [.. bytes];

    public SentencePieceTokenizer Load() => SentencePieceTokenizer.Load(new MemoryStream(ToArray()), "test.model");

    private SentencePieceModelBuilder Message(int number, byte[] message)
    {
        bytes.AddRange(Field(number, message));
        return this;
    }

    private static byte[] Field(int number, byte[] contents) => [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)contents.Length), .. contents];

    private static byte[] Varint(ulong value)
    {
        var result = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            result.Add((byte)(value | 0x80));
        }

        result.Add((byte)value);
        return [.. result];
    }
}
