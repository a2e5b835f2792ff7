namespace AudioCraft.Training;

/// <summary>
/// All segmentations of a word into pieces of a unigram model (Kudo 2018, "Subword Regularization", section 3.2): the expected count of each piece,
/// and the most probable segmentation.
/// </summary>
internal sealed class UnigramLattice
{
    private readonly Dictionary<string, (int Index, double Score)> pieces;
    private readonly int longest;

    /// <param name="pieces">The pieces; every character of the words must be one of them.</param>
    /// <param name="scores">Log probabilities of the pieces.</param>
    public UnigramLattice(IReadOnlyList<string> pieces, IReadOnlyList<double> scores)
    {
        this.pieces = new(pieces.Count, StringComparer.Ordinal);
        for (var i = 0; i < pieces.Count; i++)
        {
            this.pieces.Add(pieces[i], (i, scores[i]));
            longest = Math.Max(longest, pieces[i].Length);
        }
    }

    /// <summary>Adds the expected count of each piece in <paramref name="word"/>, times <paramref name="weight"/>; returns the log probability of the word.</summary>
    public double AddExpected(string word, double weight, double[] expected)
    {
        var n = word.Length;
        var forward = new double[n + 1];
        var backward = new double[n + 1];
        Array.Fill(forward, double.NegativeInfinity, 1, n);
        Array.Fill(backward, double.NegativeInfinity, 0, n);
        for (var start = 0; start < n; start++)
        {
            foreach (var (end, _, score) in From(word, start))
            {
                forward[end] = LogAdd(forward[end], forward[start] + score);
            }
        }

        for (var start = n - 1; start >= 0; start--)
        {
            foreach (var (end, index, score) in From(word, start))
            {
                backward[start] = LogAdd(backward[start], backward[end] + score);
                expected[index] += weight * Math.Exp(forward[start] + score + backward[end] - forward[n]);
            }
        }

        return forward[n];
    }

    /// <summary>The most probable segmentation of a word, without the piece <paramref name="barred"/> if given; null if there is none.</summary>
    public List<int>? Best(string word, int barred = -1)
    {
        var n = word.Length;
        var best = new double[n + 1];
        var origin = new (int Start, int Index)[n + 1];
        Array.Fill(best, double.NegativeInfinity, 1, n);
        for (var start = 0; start < n; start++)
        {
            foreach (var (end, index, score) in From(word, start))
            {
                if (index != barred && best[start] + score > best[end])
                {
                    (best[end], origin[end]) = (best[start] + score, (start, index));
                }
            }
        }

        if (double.IsNegativeInfinity(best[n]))
        {
            return null;
        }

        var path = new List<int>();
        for (var end = n; end > 0; end = origin[end].Start)
        {
            path.Add(origin[end].Index);
        }

        path.Reverse();
        return path;
    }

    private IEnumerable<(int End, int Index, double Score)> From(string word, int start)
    {
        var lookup = pieces.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = 1; length <= longest && start + length <= word.Length; length++)
        {
            if (lookup.TryGetValue(word.AsSpan(start, length), out var piece))
            {
                yield return (start + length, piece.Index, piece.Score);
            }
        }
    }

    private static double LogAdd(double a, double b) => double.IsNegativeInfinity(a) ? b : Math.Max(a, b) + Math.Log(1 + Math.Exp(-Math.Abs(a - b)));
}
