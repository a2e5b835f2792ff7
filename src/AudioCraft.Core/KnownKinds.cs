using System.Globalization;
using System.Text;
using AudioCraft.Checkpoints;

namespace AudioCraft;

/// <summary>
/// The kinds of audio that a model was trained on, if its directory lists them in <c>kinds.json</c>. A model that was trained on a few kinds generates one of them for any
/// description; comparing a description with this list beforehand shows whether the model can generate what it describes.
/// </summary>
/// <remarks>
/// <para>The file is a list of kinds, each with its name and the terms that its training descriptions contain:</para>
/// <code>{ "kinds": [ { "name": "dog barking", "terms": ["dog", "barking"] }, … ] }</code>
/// <para>
/// A description matches a term if it contains all words of the term, in any order. Case, punctuation and a plural "s" are ignored. Words that belong to a longer matching
/// term are not counted again: "an alarm clock" matches the alarm clock and not the clock.
/// </para>
/// </remarks>
public sealed class KnownKinds
{
    private const int MaximumKinds = 10_000;

    private readonly IReadOnlyList<(string Name, HashSet<string> Words)> terms;

    private KnownKinds(IReadOnlyList<(string Name, HashSet<string> Words)> terms, IReadOnlyList<string> names) => (this.terms, Names) = (terms, names);

    /// <summary>No list: a model that was trained on arbitrary audio, or whose directory states nothing.</summary>
    public static KnownKinds None { get; } = new([], []);

    /// <summary>Names of the kinds, each of which is also a description that the model was trained on. Empty if no list is given.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Creates a list.</summary>
    /// <param name="terms">For each kind its name and the terms that match it. The words of the name match it as well.</param>
    /// <exception cref="ArgumentException">A name is empty or occurs twice, or a term has no words.</exception>
    public static KnownKinds Create(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        var all = new List<(string, HashSet<string>)>();
        var (names, distinct) = (new List<string>(), new HashSet<string>());
        foreach (var (name, own) in terms)
        {
            ArgumentNullException.ThrowIfNull(own, nameof(terms));
            if (string.IsNullOrWhiteSpace(name) || !distinct.Add(name))
            {
                throw new ArgumentException($"Kind {names.Count} has the name '{name}', which is empty or occurs twice.", nameof(terms));
            }

            names.Add(name);
            foreach (var term in own.Prepend(name))
            {
                var words = Words(term);
                all.Add(words.Count > 0 ? (name, words) : throw new ArgumentException($"The kind '{name}' has the term '{term}', which contains no words.", nameof(terms)));
            }
        }

        return new KnownKinds(all, names);
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
        var kinds = new List<KeyValuePair<string, IReadOnlyList<string>>>();
        while (config.Has($"kinds.{kinds.Count}"))
        {
            var kind = config.Section($"kinds.{kinds.Count}");
            kinds.Add(new(kind.GetString("name"), kind.GetStringList("terms")));
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

        var words = Words(description);
        var found = terms.Where(term => term.Words.IsSubsetOf(words)).ToList();
        var names = found.Where(term => !found.Exists(other => term.Words.IsProperSubsetOf(other.Words))).Select(term => term.Name).ToHashSet();
        return [.. Names.Where(names.Contains)];
    }

    /// <summary>Whether a description mentions a known kind.</summary>
    /// <param name="description">The description.</param>
    /// <returns>True if it mentions one, if it is null or empty (audio without a description), or if no list is given.</returns>
    public bool Includes(string? description) => terms.Count == 0 || string.IsNullOrEmpty(description) || Match(description).Count > 0;

    /// <summary>The distinct words of a text in a form that can be compared: lower case, without a plural "s".</summary>
    private static HashSet<string> Words(string text)
    {
        var words = new HashSet<string>();
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
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
                words.Add(word.ToString() is [.., not 's', 's'] plural && plural.Length > 3 ? plural[..^1] : word.ToString());
                word.Clear();
            }
        }
    }
}
