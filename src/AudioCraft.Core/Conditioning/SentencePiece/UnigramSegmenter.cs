namespace AudioCraft.Conditioning;

/// <summary>
/// Finds the most probable segmentation of a text under a unigram model (Kudo 2018, "Subword Regularization") with the Viterbi algorithm over byte positions.
/// Ties, unknown characters and the rounding of sums follow SentencePiece's unigram_model.cc (EncodeOptimized), so that ids are identical.
/// </summary>
internal sealed class UnigramSegmenter
{
    /// <summary>Difference between the lowest score of a piece and the score of a character outside the vocabulary.</summary>
    private const float UnknownPenalty = 10f;

    private readonly PieceTrie trie;
    private readonly float[] pieceScores;
    private readonly PieceType[] pieceTypes;
    private readonly int unknownId;
    private readonly float unknownScore;
    private readonly float bestScore;

    public UnigramSegmenter(SentencePiece[] pieces, PieceTrie trie, int unknownId)
    {
        pieceScores = [.. pieces.Select(p => p.Score)];
        pieceTypes = [.. pieces.Select(p => p.Type)];
        this.trie = trie;
        this.unknownId = unknownId;

        // The reference initializes the maximum with FLT_MIN, the smallest positive normal number, which no log probability exceeds.
        bestScore = 1.17549435E-38f;
        var worst = float.MaxValue;
        foreach (var piece in pieces.Where(p => p.Type == PieceType.Normal))
        {
            worst = Math.Min(worst, piece.Score);
            bestScore = Math.Max(bestScore, piece.Score);
        }

        unknownScore = worst - UnknownPenalty;
    }

    /// <summary>Returns the pieces in order: start and end in the normalized UTF-8 text, and the id.</summary>
    public List<(int Start, int End, int Id)> Segment(ReadOnlySpan<byte> text)
    {
        var scores = new float[text.Length + 1];
        var origins = new int[text.Length + 1];
        var ids = new int[text.Length + 1];
        Array.Fill(origins, -1);
        for (var start = 0; start < text.Length;)
        {
            var character = Math.Min(CharacterLength(text[start]), text.Length - start);
            if (!Extend(text, start, character, scores, origins, ids))
            {
                var end = start + character;
                var score = unknownScore + scores[start];
                if (origins[end] < 0 || score > scores[end])
                {
                    (scores[end], origins[end], ids[end]) = (score, start, unknownId);
                }
            }

            start += character;
        }

        var path = new List<(int, int, int)>();
        for (var end = text.Length; end > 0; end = origins[end])
        {
            path.Add((origins[end], end, ids[end]));
        }

        path.Reverse();
        return path;
    }

    /// <summary>Tries every piece that begins at <paramref name="start"/>. Returns whether one of them is exactly the first character.</summary>
    private bool Extend(ReadOnlySpan<byte> text, int start, int character, float[] scores, int[] origins, int[] ids)
    {
        var single = false;
        var node = PieceTrie.Root;
        for (var end = start; end < text.Length && (node = trie.Child(node, text[end])) >= 0;)
        {
            end++;
            var id = trie.Value(node);
            if (id < 0 || pieceTypes[id] == PieceType.Unused)
            {
                continue;
            }

            var length = end - start;
            single |= length == character;

            // Added in double and stored in single precision as in the reference, so that ties are the same.
            var own = pieceTypes[id] == PieceType.UserDefined ? (length * bestScore) - 0.1 : pieceScores[id];
            var score = own + scores[start];
            if (origins[end] < 0 || score > scores[end])
            {
                (scores[end], origins[end], ids[end]) = ((float)score, start, id);
            }
        }

        return single;
    }

    private static int CharacterLength(byte first) => first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}
