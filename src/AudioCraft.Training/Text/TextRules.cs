namespace AudioCraft.Training;

/// <summary>Replacements that a tokenizer applies before it splits text into pieces.</summary>
public static class TextRules
{
    private const string Spaces = "\t\n\v\f\r\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

    /// <summary>
    /// Lower case, one kind of space, plain forms of full-width and typographic characters; control characters are removed.
    /// A small model then sees each word in one spelling.
    /// </summary>
    public static IReadOnlyDictionary<string, string> LowerCase { get; } = MakeLowerCase();

    /// <summary>No replacements.</summary>
    public static IReadOnlyDictionary<string, string> Identity { get; } = new Dictionary<string, string>();

    private static Dictionary<string, string> MakeLowerCase()
    {
        var rules = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var c = (char)1; c < ' '; c++)
        {
            rules[c.ToString()] = "";
        }

        rules["\u007F"] = rules["\u200B"] = rules["\uFEFF"] = "";
        foreach (var space in Spaces)
        {
            rules[space.ToString()] = " ";
        }

        foreach (var (from, to) in new[] { ('A', 'Z'), ('\u00C0', '\u024F'), ('\u0386', '\u03FF'), ('\u0400', '\u052F') })
        {
            for (var c = from; c <= to; c++)
            {
                if (char.ToLowerInvariant(c) != c)
                {
                    rules[c.ToString()] = char.ToLowerInvariant(c).ToString();
                }
            }
        }

        for (var c = '\uFF01'; c <= '\uFF5E'; c++)
        {
            rules[c.ToString()] = char.ToLowerInvariant((char)(c - '\uFF01' + '!')).ToString();
        }

        foreach (var (signs, plain) in new[] { ("\u2018\u2019\u201B", "'"), ("\u201C\u201D\u201E", "\""), ("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), ("\u2026", "...") })
        {
            foreach (var sign in signs)
            {
                rules[sign.ToString()] = plain;
            }
        }

        return rules;
    }
}
