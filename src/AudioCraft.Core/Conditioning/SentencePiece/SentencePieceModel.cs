using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace AudioCraft.Conditioning;

/// <summary>The type of a piece; the values are those of the file.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A piece of the vocabulary.</summary>
/// <param name="Text">UTF-8, with U+2581 for a space.</param>
/// <param name="Score">Logarithm of the piece's probability.</param>
/// <param name="Type">Type of the piece.</param>
internal readonly record struct SentencePiece(byte[] Text, float Score, PieceType Type);

/// <summary>Options of text normalization (<c>NormalizerSpec</c> of sentencepiece_model.proto).</summary>
internal sealed record NormalizerSpec
{
    public CharsMap? CharsMap { get; init; }

    public bool AddDummyPrefix { get; init; } = true;

    public bool RemoveExtraWhitespaces { get; init; } = true;

    public bool EscapeWhitespaces { get; init; } = true;

    public bool TreatWhitespaceAsSuffix { get; init; }
}

/// <summary>
/// The contents of a <c>spiece.model</c>: the protocol buffer <c>ModelProto</c> of SentencePiece's sentencepiece_model.proto,
/// as far as encoding and decoding need it. Training options and self-tests are skipped.
/// </summary>
internal sealed class SentencePieceModel
{
    /// <summary>Maximum length of a piece in bytes: a malicious vocabulary of very long pieces would make encoding slow. SentencePiece trains up to 16 characters.</summary>
    public const int LongestPiece = 1024;

    private const ulong Unigram = 1;
    private ulong modelType = Unigram;

    public List<SentencePiece> Pieces { get; } = [];

    public bool ByteFallback { get; private set; }

    public string UnknownPiece { get; private set; } = "<unk>";

    public string BeginOfSentencePiece { get; private set; } = "<s>";

    public string EndOfSentencePiece { get; private set; } = "</s>";

    public string PaddingPiece { get; private set; } = "<pad>";

    /// <summary>The text of an unknown piece in decoded text.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    public NormalizerSpec Normalizer { get; private set; } = new();

    /// <summary>Normalization of decoded text; few models have one.</summary>
    public NormalizerSpec? Denormalizer { get; private set; }

    /// <exception cref="CheckpointException">The bytes are not a SentencePiece unigram model.</exception>
    public static SentencePieceModel Parse(ReadOnlySpan<byte> bytes, string source)
    {
        var model = new SentencePieceModel();
        var reader = new ProtobufReader(bytes, source);
        var spaceAsSuffix = false;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: model.Pieces.Add(ParsePiece(reader.Bytes(), model.Pieces.Count, source)); break;
                case 2: model.ParseTrainer(reader.Bytes(), ref spaceAsSuffix, source); break;
                case 3: model.Normalizer = ParseNormalizer(model.Normalizer, reader.Bytes(), source); break;
                case 5: model.Denormalizer = ParseNormalizer(model.Denormalizer ?? new(), reader.Bytes(), source); break;
                default: reader.Skip(); break;
            }
        }

        model.Normalizer = model.Normalizer with { TreatWhitespaceAsSuffix = spaceAsSuffix };
        model.Check(source);
        return model;
    }

    private static SentencePiece ParsePiece(ReadOnlySpan<byte> message, int index, string source)
    {
        var text = Array.Empty<byte>();
        var score = 0f;
        var type = (ulong)PieceType.Normal;
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: text = reader.Bytes().ToArray(); break;
                case 2: score = reader.Float(); break;
                case 3: type = reader.Varint(); break;
                default: reader.Skip(); break;
            }
        }

        if (text.Length is 0 or > LongestPiece || !Utf8.IsValid(text))
        {
            throw new CheckpointException($"{source}: piece {index} has {text.Length} bytes; 1 to {LongestPiece} of valid UTF-8 are expected.");
        }

        if (!float.IsFinite(score) || type is < (ulong)PieceType.Normal or > (ulong)PieceType.Byte)
        {
            throw new CheckpointException($"{source}: piece {index} has score {score.ToString(CultureInfo.InvariantCulture)} and type {type}; a finite score and a type from 1 to 6 are expected.");
        }

        return new SentencePiece(text, score, (PieceType)type);
    }

    private void ParseTrainer(ReadOnlySpan<byte> message, ref bool spaceAsSuffix, string source)
    {
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: modelType = reader.Varint(); break;
                case 24: spaceAsSuffix = reader.Bool(); break;
                case 35: ByteFallback = reader.Bool(); break;
                case 44: UnknownSurface = Encoding.UTF8.GetString(reader.Bytes()); break;
                case 45: UnknownPiece = TextOr(reader.Bytes(), "<unk>"); break;
                case 46: BeginOfSentencePiece = TextOr(reader.Bytes(), "<s>"); break;
                case 47: EndOfSentencePiece = TextOr(reader.Bytes(), "</s>"); break;
                case 48: PaddingPiece = TextOr(reader.Bytes(), "<pad>"); break;
                default: reader.Skip(); break;
            }
        }
    }

    private static string TextOr(ReadOnlySpan<byte> text, string otherwise) => text.IsEmpty ? otherwise : Encoding.UTF8.GetString(text);

    private static NormalizerSpec ParseNormalizer(NormalizerSpec spec, ReadOnlySpan<byte> message, string source)
    {
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2: spec = spec with { CharsMap = CharsMap.Parse(reader.Bytes(), source) }; break;
                case 3: spec = spec with { AddDummyPrefix = reader.Bool() }; break;
                case 4: spec = spec with { RemoveExtraWhitespaces = reader.Bool() }; break;
                case 5: spec = spec with { EscapeWhitespaces = reader.Bool() }; break;
                default: reader.Skip(); break;
            }
        }

        return spec;
    }

    private void Check(string source)
    {
        if (modelType != Unigram)
        {
            var name = modelType switch { 2 => "BPE", 3 => "word", 4 => "character", _ => $"unknown ({modelType})" };
            throw new CheckpointException($"{source} is a SentencePiece model of type {name}; only unigram models are supported.");
        }

        var unknown = Pieces.Count(p => p.Type == PieceType.Unknown);
        if (unknown != 1)
        {
            throw new CheckpointException($"{source}: {unknown} of {Pieces.Count} pieces are of type unknown; exactly one is expected.");
        }

        var bytes = Pieces.Count(p => p.Type == PieceType.Byte);
        if (bytes != (ByteFallback ? 256 : 0))
        {
            throw new CheckpointException($"{source}: byte_fallback is {(ByteFallback ? "on" : "off")}, but {bytes} pieces are of type byte.");
        }
    }
}
