using System.Text;

namespace AudioGenTiny.Recipe;

/// <summary>Two disjoint sets of wordings.</summary>
public enum SoundWording
{
    /// <summary>Wordings for training.</summary>
    Training,

    /// <summary>Other combinations and orders of the same words, for evaluation.</summary>
    HeldOut,
}

/// <summary>Describes requests in English.</summary>
public static class SoundDescriber
{
    private static readonly string[] _openings = ["", "", "", "", "", "", "the sound of ", "sound of ", "I hear ", "a recording of "];

    /// <summary>Describes a request.</summary>
    /// <param name="request">The description names its kind and exactly its properties.</param>
    /// <param name="seed">Seed of the wording.</param>
    /// <param name="wording">Set of the wording. The plain name of a kind always belongs to the training set.</param>
    /// <exception cref="ArgumentException">The request has two values of one property, or a property that the kind lacks.</exception>
    public static string Describe(SynthesisRequest request, long seed, SoundWording wording = SoundWording.Training)
    {
        request.Validate(nameof(request));
        var random = new SoundRandom(seed, 0x574F5244 + (ulong)wording);
        while (true)
        {
            var plain = Compose(request, random, wording);
            if (IsHeldOut(plain, request) == (wording == SoundWording.HeldOut))
            {
                return Dress(plain, random);
            }
        }
    }

    /// <summary>Normalizes text: lower case, no punctuation, single spaces. Wordings with equal normalized text count as one.</summary>
    /// <param name="text">Any text.</param>
    public static string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var letter = char.IsLetterOrDigit(c);
            if (letter || words.Length > 0 && words[^1] != ' ')
            {
                words.Append(letter ? char.ToLowerInvariant(c) : ' ');
            }
        }

        return words.ToString().TrimEnd();
    }

    /// <summary>A sixth of all wordings, by a hash (FNV-1a) of their words.</summary>
    private static bool IsHeldOut(string plain, SynthesisRequest request)
    {
        var words = Normalize(plain);
        if (request.Traits == SoundTraits.None && SoundWords.Names(request.Kind).Take(2).Any(name => words == Normalize(Put(name, []))))
        {
            return false;
        }

        var hash = 14695981039346656037UL;
        foreach (var c in words)
        {
            hash = unchecked((hash ^ c) * 1099511628211);
        }

        return (hash >> 20) % 6 == 0;
    }

    private static string Compose(SynthesisRequest request, SoundRandom random, SoundWording wording)
    {
        var names = SoundWords.Names(request.Kind);
        // Plain names are more frequent.
        var name = names[Math.Min(random.Below(names.Count), random.Below(names.Count))];
        var values = SoundCatalog.Properties(request.Kind).Select(request.Value).Where(v => v != SoundTraits.None).ToList();
        Shuffle(values, random);
        var opening = _openings[random.Below(_openings.Length)];
        if (opening.Length > 0 && name.StartsWith("the sound", StringComparison.Ordinal))
        {
            opening = "";
        }

        if (wording == SoundWording.HeldOut && values.Count > 0 && random.Uniform() < 0.35)
        {
            return $"{List(Words(values, SoundWords.After, random), random)}: {opening}{Put(name, [])}";
        }

        var before = values.Count == 0 ? 0 : random.Below(Math.Min(values.Count, 2) + 1);
        var subject = opening + Put(name, Words(values.Take(before), SoundWords.Before, random));
        if (before == values.Count)
        {
            return subject;
        }

        var rest = Words(values.Skip(before), SoundWords.After, random);
        var separator = random.Below(10) switch { < 6 => ", ", < 7 => " - ", _ => " " };
        return subject + separator + List(rest, random);
    }

    private static List<string> Words(IEnumerable<SoundTraits> values, Func<SoundTraits, IReadOnlyList<string>> choices, SoundRandom random) =>
        [.. values.Select(value => choices(value)[random.Below(choices(value).Count)])];

    private static string List(List<string> words, SoundRandom random) =>
        words.Count == 1 ? words[0]
        : random.Uniform() < 0.6 ? $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}"
        : string.Join(", ", words);

    /// <summary>Inserts adjectives at the bar, and the matching article.</summary>
    private static string Put(string name, List<string> adjectives)
    {
        var bar = name.IndexOf('|', StringComparison.Ordinal);
        var (left, right) = (name[..bar], name[(bar + 1)..]);
        var noun = adjectives.Count == 0 ? right : $"{string.Join(", ", adjectives)} {right}";
        foreach (var article in (ReadOnlySpan<string>)["an ", "a "])
        {
            if (left.EndsWith(article, StringComparison.Ordinal) && (left.Length == article.Length || left[^(article.Length + 1)] == ' '))
            {
                left = left[..^article.Length] + ("aeiou".Contains(noun[0], StringComparison.Ordinal) ? "an " : "a ");
                break;
            }
        }

        return left + noun;
    }

    private static string Dress(string plain, SoundRandom random)
    {
        var text = random.Uniform() < 0.3 ? char.ToUpperInvariant(plain[0]) + plain[1..] : plain;
        return random.Uniform() switch { < 0.2 => text + ".", < 0.23 => text + "!", _ => text };
    }

    private static void Shuffle<T>(List<T> list, SoundRandom random)
    {
        for (var i = list.Count - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }
}
