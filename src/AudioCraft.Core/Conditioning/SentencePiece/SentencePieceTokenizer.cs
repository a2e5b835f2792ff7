using System.Buffers;
using System.Globalization;
using System.Text;

namespace AudioCraft.Conditioning;

/// <summary>
/// Encodes and decodes text with a SentencePiece unigram model (<c>spiece.model</c>), with the same ids, pieces and normalized text as the reference
/// library (github.com/google/sentencepiece; Kudo and Richardson 2018). It adds no special tokens; <see cref="T5Tokenizer"/> adds the end-of-sentence id.
/// Instances are immutable and thread-safe.
/// </summary>
/// <remarks>
/// Lone surrogates are read as U+FFFD. Time and memory are linear in the length of the text.
/// </remarks>
public sealed class SentencePieceTokenizer
{
    /// <summary>Maximum size of a model in bytes; 250,000 pieces take 4 MB.</summary>
    private const int LargestModel = 64 << 20;

    /// <summary>Maximum length of a text; the normalized UTF-8 of longer texts could exceed the size of an array.</summary>
    private const int LongestText = 1 << 26;

    private const string EscapedSpace = "\u2581";

    private readonly SentencePiece[] pieces;
    private readonly string[] pieceTexts;
    private readonly Dictionary<string, int> reservedIds = [];
    private readonly Dictionary<string, int> normalIds = [];
    private readonly int[]? byteIds;
    private readonly SentencePieceNormalizer normalizer;
    private readonly SentencePieceNormalizer? denormalizer;
    private readonly bool stripLeadingSpace;
    private readonly bool stripEveryLeadingSpace;
    private readonly string unknownSurface;
    private readonly UnigramSegmenter segmenter;

    internal SentencePieceTokenizer(SentencePieceModel model, string source)
    {
        Spec = model.Normalizer;
        pieces = [.. model.Pieces];
        pieceTexts = [.. pieces.Select(p => Encoding.UTF8.GetString(p.Text))];
        var normal = new List<KeyValuePair<byte[], int>>();
        var userDefined = new List<KeyValuePair<byte[], int>>();
        for (var id = 0; id < pieces.Length; id++)
        {
            var inText = pieces[id].Type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;
            if (!(inText ? normalIds : reservedIds).TryAdd(pieceTexts[id], id))
            {
                throw new CheckpointException($"{source}: piece {id}, '{pieceTexts[id]}', occurs twice.");
            }

            if (inText)
            {
                normal.Add(new(pieces[id].Text, id));
            }

            if (pieces[id].Type == PieceType.UserDefined)
            {
                userDefined.Add(new(pieces[id].Text, id));
            }
        }

        if (normal.Count == 0)
        {
            throw new CheckpointException($"{source}: none of its {pieces.Length} pieces represents text.");
        }

        UnknownId = Array.FindIndex(pieces, p => p.Type == PieceType.Unknown);
        BeginOfSentenceId = ControlId(model.BeginOfSentencePiece);
        EndOfSentenceId = ControlId(model.EndOfSentencePiece);
        PaddingId = ControlId(model.PaddingPiece);
        byteIds = model.ByteFallback ? ByteIds(source) : null;
        unknownSurface = model.UnknownSurface;
        stripEveryLeadingSpace = model.Normalizer.RemoveExtraWhitespaces;
        stripLeadingSpace = stripEveryLeadingSpace || model.Normalizer.AddDummyPrefix;
        normalizer = new SentencePieceNormalizer(model.Normalizer, userDefined.Count == 0 ? null : new PieceTrie(userDefined));
        denormalizer = model.Denormalizer is { CharsMap: not null } spec ? new SentencePieceNormalizer(spec, null) : null;
        segmenter = new UnigramSegmenter(pieces, new PieceTrie(normal), UnknownId);
    }

    /// <summary>Number of pieces; ids are less than this.</summary>
    public int PieceCount => pieces.Length;

    /// <summary>Id of text that is not in the vocabulary.</summary>
    public int UnknownId { get; }

    /// <summary>Id of <c>&lt;s&gt;</c>, or -1 if the model has none, as T5's.</summary>
    public int BeginOfSentenceId { get; }

    /// <summary>Id of <c>&lt;/s&gt;</c>, or -1 if the model has none.</summary>
    public int EndOfSentenceId { get; }

    /// <summary>Id of <c>&lt;pad&gt;</c>, or -1 if the model has none.</summary>
    public int PaddingId { get; }

    /// <summary>The normalization options of the model.</summary>
    internal NormalizerSpec Spec { get; }

    /// <summary>Reads a model from a file.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, is larger than 64 MiB, is damaged, or is not of the unigram type.</exception>
    public static SentencePieceTokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = File.OpenRead(path);
            return Load(file, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException($"The tokenizer model '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a model from the current position of <paramref name="stream"/> to its end.</summary>
    /// <param name="stream">The stream. It is left open.</param>
    /// <param name="source">Name of the source in error messages.</param>
    /// <exception cref="CheckpointException">It is larger than 64 MiB, is damaged, or is not of the unigram type.</exception>
    public static SentencePieceTokenizer Load(Stream stream, string source = "spiece.model")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        using var bytes = new MemoryStream();
        var chunk = new byte[1 << 16];
        for (int read; (read = stream.Read(chunk)) > 0;)
        {
            if (bytes.Length + read > LargestModel)
            {
                throw new CheckpointException($"{source} has more than {LargestModel} bytes; no tokenizer model is that large.");
            }

            bytes.Write(chunk, 0, read);
        }

        return new SentencePieceTokenizer(SentencePieceModel.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), source), source);
    }

    /// <summary>Returns the ids of a text's pieces; none for an empty or blank text.</summary>
    /// <exception cref="ArgumentException">The text has more than 67,108,864 UTF-16 units.</exception>
    public int[] Encode(string text)
    {
        var ids = new List<int>();
        foreach (var (_, _, id) in Cut(text, out _))
        {
            ids.Add(id);
        }

        return [.. ids];
    }

    /// <summary>Returns the pieces of a text, with U+2581 for a space. A run of characters outside the vocabulary is one piece.</summary>
    /// <exception cref="ArgumentException">The text has more than 67,108,864 UTF-16 units.</exception>
    public string[] EncodePieces(string text)
    {
        var cut = Cut(text, out var normalized);
        var result = new string[cut.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var (start, end, id) = cut[i];
            result[i] = id == UnknownId || pieces[id].Type != PieceType.Byte ? Encoding.UTF8.GetString(normalized[start..end]) : pieceTexts[id];
        }

        return result;
    }

    /// <summary>Returns the normalized text that the pieces are taken from: usually NFKC with a leading space and U+2581 for spaces.</summary>
    /// <exception cref="ArgumentException">The text has more than 67,108,864 UTF-16 units.</exception>
    public string Normalize(string text) => Encoding.UTF8.GetString(normalizer.Normalize(Utf8(text)));

    /// <summary>Returns the text of ids. Control pieces are omitted; unknown ones become the model's replacement (usually " ⁇ ").</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative or not below <see cref="PieceCount"/>.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        var bytes = new List<byte>();
        var atStart = true;
        foreach (var id in ids)
        {
            var piece = IdToPiece(id);
            if (pieces[id].Type == PieceType.Byte)
            {
                bytes.Add(byte.Parse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                continue;
            }

            AppendBytes(text, bytes);
            atStart &= text.Length == 0;
            switch (pieces[id].Type)
            {
                case PieceType.Control:
                    break;
                case PieceType.Unknown:
                    text.Append(unknownSurface);
                    break;
                default:
                    if (atStart && stripLeadingSpace && piece.StartsWith(EscapedSpace, StringComparison.Ordinal))
                    {
                        // If extra whitespace is removed, further spaces are stripped after a piece that was only a space.
                        piece = piece[1..];
                        atStart = stripEveryLeadingSpace;
                    }

                    text.Append(piece.Replace(EscapedSpace, " ", StringComparison.Ordinal));
                    break;
            }
        }

        AppendBytes(text, bytes);
        return denormalizer is null ? text.ToString() : Encoding.UTF8.GetString(denormalizer.Normalize(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>The id of a piece, or <see cref="UnknownId"/>.</summary>
    public int PieceToId(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        return reservedIds.TryGetValue(piece, out var id) || normalIds.TryGetValue(piece, out id) ? id : UnknownId;
    }

    /// <summary>The piece of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="id"/> is negative or not below <see cref="PieceCount"/>.</exception>
    public string IdToPiece(int id) => (uint)id < (uint)pieceTexts.Length
        ? pieceTexts[id]
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"A piece id is 0 to {pieceTexts.Length - 1}.");

    /// <summary>Segments a text. Adjacent unknown characters become one piece, or byte pieces if the model has byte fallback.</summary>
    private List<(int Start, int End, int Id)> Cut(string text, out ReadOnlySpan<byte> normalized)
    {
        normalized = normalizer.Normalize(Utf8(text));
        var result = new List<(int Start, int End, int Id)>();
        foreach (var (start, end, id) in segmenter.Segment(normalized))
        {
            if (id != UnknownId)
            {
                result.Add((start, end, id));
            }
            else if (byteIds is not null)
            {
                for (var i = start; i < end; i++)
                {
                    result.Add((i, i + 1, byteIds[normalized[i]]));
                }
            }
            else if (result.Count > 0 && result[^1].Id == UnknownId)
            {
                result[^1] = (result[^1].Start, end, id);
            }
            else
            {
                result.Add((start, end, id));
            }
        }

        return result;
    }

    private static byte[] Utf8(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= LongestText
            ? Encoding.UTF8.GetBytes(text)
            : throw new ArgumentException($"The text has {text.Length} UTF-16 units; at most {LongestText} are supported.", nameof(text));
    }

    private int ControlId(string piece) => reservedIds.TryGetValue(piece, out var id) && pieces[id].Type == PieceType.Control ? id : -1;

    private int[] ByteIds(string source)
    {
        var ids = new int[256];
        for (var value = 0; value < ids.Length; value++)
        {
            var piece = $"<0x{value:X2}>";
            ids[value] = reservedIds.TryGetValue(piece, out var id) && pieces[id].Type == PieceType.Byte
                ? id
                : throw new CheckpointException($"{source}: byte_fallback is on, but the byte piece '{piece}' is missing.");
        }

        return ids;
    }

    /// <summary>Appends the characters of byte pieces; invalid bytes become U+FFFD.</summary>
    private static void AppendBytes(StringBuilder text, List<byte> bytes)
    {
        var rest = (ReadOnlySpan<byte>)bytes.ToArray();
        bytes.Clear();
        while (!rest.IsEmpty)
        {
            var whole = Rune.DecodeFromUtf8(rest, out var rune, out var used) == OperationStatus.Done;
            text.Append(whole ? rune.ToString() : "\uFFFD");
            rest = rest[(whole ? used : 1)..];
        }
    }
}
