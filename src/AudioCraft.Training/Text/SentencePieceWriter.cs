using System.Buffers.Binary;
using System.Text;
using System.Runtime.InteropServices;
using AudioCraft.Conditioning;

namespace AudioCraft.Training;

/// <summary>
/// Writes a <c>spiece.model</c> with T5's special pieces: the protocol buffer <c>ModelProto</c> of SentencePiece's sentencepiece_model.proto,
/// as SentencePiece itself and <see cref="SentencePieceTokenizer"/> read it.
/// </summary>
internal static class SentencePieceWriter
{
    // Values of ModelProto.SentencePiece.Type.
    private const int Normal = 1, Unknown = 2, Control = 3;

    /// <summary>Names and types of pieces 0, 1 and 2, as in T5, which has no begin-of-text piece.</summary>
    public static readonly IReadOnlyList<(string Text, int Type)> SpecialPieces = [("<pad>", Control), ("</s>", Control), ("<unk>", Unknown)];

    /// <param name="pieces">The pieces after the special ones: text with U+2581 for a space, and its log probability.</param>
    /// <param name="charsMap">The compiled replacements; empty for none.</param>
    /// <param name="rulesName">Name of the replacements in the file.</param>
    public static byte[] Write(IReadOnlyList<(string Text, float Score)> pieces, byte[] charsMap, string rulesName)
    {
        var model = new List<byte>();
        foreach (var (text, type) in SpecialPieces)
        {
            Add(model, 1, Piece(text, 0, type));
        }

        foreach (var (text, score) in pieces)
        {
            Add(model, 1, Piece(text, score, Normal));
        }

        Add(model, 2, Trainer(pieces.Count + SpecialPieces.Count));
        Add(model, 3, Normalizer(charsMap, rulesName));
        return [.. model];
    }

    private static List<byte> Piece(string text, float score, int type)
    {
        var message = new List<byte>();
        Add(message, 1, Encoding.UTF8.GetBytes(text));
        message.Add((2 << 3) | 5);
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, score);
        message.AddRange(bytes);
        if (type != Normal)
        {
            Add(message, 3, type);
        }

        return message;
    }

    private static List<byte> Trainer(int vocabularySize)
    {
        var message = new List<byte>();
        Add(message, 3, 1); // unigram
        Add(message, 4, vocabularySize);
        Add(message, 40, 2); // ids of <unk>, <s> (none), </s> and <pad>
        Add(message, 41, -1);
        Add(message, 42, 1);
        Add(message, 43, 0);
        Add(message, 45, "<unk>"u8);
        Add(message, 46, "<s>"u8);
        Add(message, 47, "</s>"u8);
        Add(message, 48, "<pad>"u8);
        return message;
    }

    private static List<byte> Normalizer(byte[] charsMap, string rulesName)
    {
        var message = new List<byte>();
        Add(message, 1, Encoding.UTF8.GetBytes(rulesName));
        Add(message, 2, charsMap);
        Add(message, 3, 1); // a leading space, extra spaces removed, spaces escaped
        Add(message, 4, 1);
        Add(message, 5, 1);
        return message;
    }

    private static void Add(List<byte> message, int field, long value)
    {
        AddVarint(message, (ulong)field << 3);
        AddVarint(message, (ulong)value);
    }

    private static void Add(List<byte> message, int field, List<byte> value) => Add(message, field, CollectionsMarshal.AsSpan(value));

    private static void Add(List<byte> message, int field, ReadOnlySpan<byte> value)
    {
        AddVarint(message, ((ulong)field << 3) | 2);
        AddVarint(message, (ulong)value.Length);
        message.AddRange(value);
    }

    private static void AddVarint(List<byte> message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            message.Add((byte)(value | 0x80));
        }

        message.Add((byte)value);
    }
}
