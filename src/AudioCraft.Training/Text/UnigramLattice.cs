namespace AudioCraft.Training;

/// <summary>
/// All ways to cut a word into pieces of a unigram model (Kudo 2018, "Subword Regularization", section 3.2): how often each piece is expected in it,
/// and the likeliest way.
/// </summary>
internal sealed class UnigramLattice
{
    private readonly Dictionary<string, (int Index, double Score)> pieces;
    private readonly int longest;

    /// <param name="pieces">Every single character of the words to come must be one of them.</param>
    /// <param name="scores">Logarithms of their probabilities.</param>
    public UnigramLattice(IReadOnlyList<string> pieces, IReadOnlyList<double> scores)
    {
        this.pieces = new(pieces.Count, StringComparer.Ordinal);
        for (var i = 0; i < pieces.Count; i++)
        {
            this.pieces.Add(pieces[i], (i, scores[i]));
            longest = Math.Max(longest, pieces[i].Length);
        }
    }

    /// <summary>Adds how often each piece is expected in <paramref name="word"/>, times <paramref name="weight"/>; returns the word's log probability.</summary>
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

    /// <summary>The pieces of the likeliest way to cut a word, without <paramref name="barred"/> if given; null where there is none.</summary>
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
