using System.Globalization;
using System.Text;

namespace AudioCraft.Training;

/// <summary>Pieces and their log probabilities during the training of a tokenizer. Every character of the texts stays a piece.</summary>
internal sealed class UnigramModel
{
    private readonly HashSet<string> characters;
    private readonly List<double> scores;

    private UnigramModel(HashSet<string> characters, List<string> pieces, List<double> scores)
    {
        this.characters = characters;
        Pieces = pieces;
        this.scores = scores;
    }

    public List<string> Pieces { get; }

    /// <summary>Substrings that occur more than once, in the order of the text they cover, and all characters.</summary>
    public static UnigramModel Seed(List<(string Text, long Count)> words, List<string> characters, UnigramTrainerOptions options)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (word, count) in words)
        {
            int[] bounds = [.. Bounds(word)];
            for (var from = 0; from + 1 < bounds.Length; from++)
            {
                for (var to = from + 1; to < bounds.Length && to - from <= options.LongestPiece; to++)
                {
                    var part = word.AsSpan(bounds[from], bounds[to] - bounds[from]);
                    if (to > from + 1 && !IsWhole(part))
                    {
                        break;
                    }

                    lookup[part] = lookup.TryGetValue(part, out var before) ? before + count : count;
                }
            }
        }

        var own = characters.ToHashSet(StringComparer.Ordinal);
        var seeds = counts.Where(pair => own.Contains(pair.Key) || pair.Value > 1).Select(pair => (Text: pair.Key, Cover: (double)pair.Value * pair.Key.Length))
            .OrderByDescending(seed => own.Contains(seed.Text)).ThenByDescending(seed => seed.Cover).ThenBy(seed => seed.Text, StringComparer.Ordinal)
            .Take(Math.Max(options.SeedPieces, own.Count)).ToList();
        var sum = Math.Log(seeds.Sum(seed => seed.Cover));
        return new(own, [.. seeds.Select(seed => seed.Text)], [.. seeds.Select(seed => Math.Log(seed.Cover) - sum)]);
    }

    /// <summary>A round of expectation maximization, in the variational form of the reference: rare pieces lose weight.</summary>
    public UnigramModel Maximized(List<(string Text, long Count)> words, double least)
    {
        var expected = new double[Pieces.Count];
        var lattice = new UnigramLattice(Pieces, scores);
        foreach (var (word, count) in words)
        {
            lattice.AddExpected(word, count, expected);
        }

        var kept = Enumerable.Range(0, Pieces.Count).Where(i => expected[i] >= least || characters.Contains(Pieces[i])).ToList();
        var total = Digamma(kept.Sum(i => Math.Max(expected[i], least)));
        return new(characters, [.. kept.Select(i => Pieces[i])], [.. kept.Select(i => Digamma(Math.Max(expected[i], least)) - total)]);
    }

    /// <summary>Keeps the <paramref name="size"/> pieces whose removal would lower the probability of the texts most, and the characters.</summary>
    public UnigramModel Pruned(List<(string Text, long Count)> words, int size)
    {
        var lattice = new UnigramLattice(Pieces, scores);
        var used = new double[Pieces.Count];
        foreach (var (word, count) in words)
        {
            foreach (var index in lattice.Best(word)!)
            {
                used[index] += count;
            }
        }

        var total = used.Sum();
        var losses = Enumerable.Range(0, Pieces.Count).Select(i => (Index: i, Loss: Loss(i, lattice, used, total)))
            .OrderByDescending(pair => pair.Loss).ThenBy(pair => Pieces[pair.Index], StringComparer.Ordinal).Take(size).Select(pair => pair.Index).Order().ToList();
        return new(characters, [.. losses.Select(i => Pieces[i])], [.. losses.Select(i => scores[i])]);
    }

    /// <summary>The most probable pieces, including all characters, in the order of their probability.</summary>
    public IReadOnlyList<(string Text, float Score)> Final(int size) =>
    [
        .. Pieces.Zip(scores, (text, score) => (Text: text, Score: score))
            .OrderByDescending(piece => characters.Contains(piece.Text)).ThenByDescending(piece => piece.Score).ThenBy(piece => piece.Text, StringComparer.Ordinal).Take(size)
            .OrderByDescending(piece => piece.Score).ThenBy(piece => piece.Text, StringComparer.Ordinal).Select(piece => (piece.Text, (float)piece.Score)),
    ];

    private double Loss(int index, UnigramLattice lattice, double[] used, double total)
    {
        if (characters.Contains(Pieces[index]))
        {
            return double.PositiveInfinity;
        }

        var instead = lattice.Best(Pieces[index], barred: index);
        if (instead is null)
        {
            return double.PositiveInfinity;
        }

        if (used[index] == 0)
        {
            return double.NegativeInfinity;
        }

        var before = Math.Log(used[index] / total);
        var logarithm = Math.Log(total + (used[index] * (instead.Count - 1)));
        var after = instead.Sum(other => Math.Log(used[other] + used[index]) - logarithm);
        return used[index] / total * (before - after);
    }

    private static IEnumerable<int> Bounds(string word)
    {
        var at = 0;
        yield return at;
        foreach (var rune in word.EnumerateRunes())
        {
            yield return at += rune.Utf16SequenceLength;
        }
    }

    // A piece of several characters consists of letters and marks or of digits, with an optional leading space: punctuation is never merged.
    private static bool IsWhole(ReadOnlySpan<char> part)
    {
        bool letters = true, digits = true;
        foreach (var rune in part.TrimStart('\u2581').EnumerateRunes())
        {
            letters &= Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            digits &= Rune.IsDigit(rune);
        }

        return letters || digits;
    }

    private static double Digamma(double x)
    {
        var result = 0.0;
        for (; x < 7; x++)
        {
            result -= 1 / x;
        }

        x -= 0.5;
        var square = 1 / (x * x);
        return result + Math.Log(x) + (square / 24) - (7 * square * square / 960);
    }
}
