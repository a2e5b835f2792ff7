using System.Globalization;
using System.Text;
using AudioCraft.Checkpoints;
using AudioCraft.Formats;

namespace AudioCraft;

/// <summary>
/// The kinds of audio that a model was trained on, if its directory lists them in <c>kinds.json</c>. A model that was trained on a few kinds generates one of them for any
/// description; comparing a description with this list beforehand shows whether the model can generate what it describes.
/// </summary>
/// <remarks>
/// <para>The file is a list of kinds, each with its name and the terms that its training descriptions contain:</para>
/// <code>{ "kinds": [ { "name": "dog barking", "terms": ["dog", "barking"] }, … ] }</code>
/// <para>
/// A description matches a term if it contains all words of the term, in any order. Case, punctuation, plural endings (-s, -es, -ies) and the Unicode form of accents are
/// ignored. Words that belong to a longer matching term are not counted again: "an alarm clock" matches the alarm clock and not the clock.
/// </para>
/// </remarks>
public sealed class KnownKinds
{
    private const int MaximumKinds = 10_000;

    private readonly IReadOnlyList<Term> terms;

    private KnownKinds(IReadOnlyList<Term> terms, IReadOnlyList<string> names) => (this.terms, Names) = (terms, names);

    /// <summary>No list: a model that was trained on arbitrary audio, or whose directory states nothing.</summary>
    public static KnownKinds None { get; } = new([], []);

    /// <summary>Names of the kinds, each of which is also a description that the model was trained on. Empty if no list is given.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Creates a list.</summary>
    /// <param name="kinds">The kinds, with distinct names.</param>
    /// <exception cref="ArgumentException">A name is empty or occurs twice, or a term has no words.</exception>
    public static KnownKinds Create(IEnumerable<AudioKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        var terms = new List<Term>();
        var (names, distinct) = (new List<string>(), new HashSet<string>());
        foreach (var kind in kinds)
        {
            if (kind is not { Name: { } name, Terms: { } own } || own.Contains(null!))
            {
                throw new ArgumentException($"Kind {names.Count}, its name, its list of terms or one of its terms is null.", nameof(kinds));
            }

            if (string.IsNullOrWhiteSpace(name) || !distinct.Add(name))
            {
                throw new ArgumentException($"Kind {names.Count} has the name '{name}', which is empty or occurs twice.", nameof(kinds));
            }

            names.Add(name);
            foreach (var term in own.Prepend(name))
            {
                var words = Words(term);
                terms.Add(words.Count > 0 ? new Term(name, words) : throw new ArgumentException($"The kind '{name}' has the term '{term}', which contains no words.", nameof(kinds)));
            }
        }

        return new KnownKinds(terms, names);
    }

    /// <summary>Reads <c>kinds.json</c> of a model's directory. It does not load the model.</summary>
    /// <param name="directory">The directory, for example from <see cref="ModelHub.Find"/>.</param>
    /// <returns>The kinds; <see cref="None"/> if there is no such file.</returns>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static KnownKinds Read(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var path = Path.Combine(directory, CheckpointFiles.Kinds);
        if (!File.Exists(path))
        {
            return None;
        }

        var config = CheckpointConfig.LoadJson(path);
        var kinds = new List<AudioKind>();
        while (config.Has($"kinds.{kinds.Count}"))
        {
            var kind = config.Section($"kinds.{kinds.Count}");
            kinds.Add(new AudioKind(kind.GetString("name"), kind.GetStringList("terms")));
            if (kinds.Count > MaximumKinds)
            {
                throw new CheckpointException($"{path} lists more than {MaximumKinds} kinds.");
            }
        }

        try
        {
            return Create(kinds);
        }
        catch (ArgumentException error)
        {
            throw new CheckpointException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Returns the names of the kinds that a description mentions, in the order of <see cref="Names"/>.</summary>
    /// <param name="description">The description.</param>
    /// <returns>The names; empty if it mentions none, or if no list is given.</returns>
    public IReadOnlyList<string> Match(string description)
    {
        ArgumentNullException.ThrowIfNull(description);
        if (terms.Count == 0)
        {
            return [];
        }

        var words = Words(description).SelectMany(Forms).ToHashSet();
        var found = terms.Where(term => term.IsSubsetOf(words)).ToList();
        var names = found.Where(term => !found.Exists(other => term.Words.Count < other.Words.Count && term.IsSubsetOf(other.AllForms))).Select(term => term.Name).ToHashSet();
        return [.. Names.Where(names.Contains)];
    }

    /// <summary>Whether a description mentions a known kind.</summary>
    /// <param name="description">The description.</param>
    /// <returns>True if it mentions one, if it is null or blank (audio without a description), or if no list is given.</returns>
    public bool Includes(string? description) => terms.Count == 0 || string.IsNullOrWhiteSpace(description) || Match(description).Count > 0;

    /// <summary>The distinct words of a text in lower case and Unicode's composed form (NFC).</summary>
    private static HashSet<string> Words(string text)
    {
        var words = new HashSet<string>();
        var word = new StringBuilder();
        foreach (var rune in CanonicalComposition.Of(text).EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
            }
            else
            {
                Complete();
            }
        }

        Complete();
        return words;

        void Complete()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
    }

    /// <summary>A word and every singular that it can be the plural of: "buses" gives "buses", "buse" and "bus". Two words match if they have a form in common.</summary>
    private static IEnumerable<string> Forms(string word)
    {
        const int Shortest = 3;
        yield return word;
        if (word is [.., not 's', 's'] && word.Length > Shortest)
        {
            yield return word[..^1];
        }

        if (word is [.., 's' or 'x' or 'z' or 'o', 'e', 's'] or [.., 'c' or 's', 'h', 'e', 's'] && word.Length > Shortest + 1)
        {
            yield return word[..^2];
        }

        if (word is [.., 'i', 'e', 's'] && word.Length > Shortest + 1)
        {
            yield return $"{word[..^3]}y";
        }
    }

    /// <summary>A term of a kind.</summary>
    /// <param name="Name">The name of the kind.</param>
    /// <param name="Words">The distinct words of the term.</param>
    private sealed record Term(string Name, HashSet<string> Words)
    {
        private readonly IReadOnlyList<IReadOnlyList<string>> forms = [.. Words.Select(word => Forms(word).ToList())];

        /// <summary>Every form of every word.</summary>
        public HashSet<string> AllForms { get; } = [.. Words.SelectMany(Forms)];

        /// <summary>Whether every word has a form in a set.</summary>
        public bool IsSubsetOf(HashSet<string> others) => forms.All(word => word.Any(others.Contains));
    }
}
