using System.Globalization;
using System.Text;

namespace AudioGenTiny.Recipe;

/// <summary>How often a classifier recognizes the request in generated audio, in originals, and in originals through a codec.</summary>
public sealed class PromptEvaluation
{
    private readonly List<SoundScores> _columns = [];

    private PromptEvaluation()
    {
    }

    /// <summary>The measured columns: originals, through the codec, generated.</summary>
    public IReadOnlyList<SoundScores> Columns => _columns;

    /// <summary>The originals.</summary>
    public SoundScores Originals => _columns[0];

    /// <summary>The last column: generated audio, if it was measured.</summary>
    public SoundScores Generated => _columns[^1];

    /// <summary>Evaluates all prompts.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="generate">Generates mono audio at the classifier's sample rate for a batch of prompts; null to evaluate only originals.</param>
    /// <param name="codec">Encodes and decodes audio at the classifier's sample rate; null to omit that column.</param>
    /// <param name="batch">Prompts per call of <paramref name="generate"/>, at least 1.</param>
    /// <param name="seconds">Length of the originals.</param>
    /// <param name="progress">Reports the number of completed prompts.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="ArgumentException">There are no prompts, or <paramref name="generate"/> returns another number of items.</exception>
    public static PromptEvaluation Run(
        SoundClassifier classifier,
        IReadOnlyList<EvaluationPrompt> prompts,
        Func<IReadOnlyList<EvaluationPrompt>, IReadOnlyList<float[]>>? generate,
        Func<float[], float[]>? codec,
        int batch = 8,
        double seconds = 5,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        if (prompts.Count == 0)
        {
            throw new ArgumentException("There are no prompts.", nameof(prompts));
        }

        var result = new PromptEvaluation();
        var originals = result.Column("Originals");
        var coded = codec is null ? null : result.Column("Through the codec");
        var generated = generate is null ? null : result.Column("Generated");
        var done = 0;
        foreach (var some in prompts.Chunk(batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sounds = generate?.Invoke(some);
            if (sounds is not null && sounds.Count != some.Length)
            {
                throw new ArgumentException($"{sounds.Count} sounds were generated for {some.Length} prompts.", nameof(generate));
            }

            for (var i = 0; i < some.Length; i++)
            {
                var original = some[i].Original(classifier.SampleRate, seconds);
                originals.Add(classifier, some[i].Request, original);
                coded?.Add(classifier, some[i].Request, codec!(original));
                generated?.Add(classifier, some[i].Request, sounds![i]);
            }

            done += some.Length;
            progress?.Report(done);
        }

        return result;
    }

    /// <summary>Formats the tables in Markdown: all kinds, each kind, each property, each property of each kind, and the most frequent mistakes.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Head(text, "Recognized as requested");
        Row(text, "**all kinds**", c => c.Kinds);
        foreach (var kind in SoundCatalog.Kinds)
        {
            Row(text, Name(kind), c => c.Kind(kind));
        }

        text.AppendLine();
        Head(text, "Property");
        Row(text, "**all properties**", c => c.Properties);
        foreach (var property in Enum.GetValues<SoundProperty>())
        {
            Row(text, Name(property), c => c.Property(property));
        }

        text.AppendLine();
        Head(text, "Property of a kind");
        foreach (var kind in SoundCatalog.Kinds)
        {
            foreach (var property in SoundCatalog.Properties(kind))
            {
                Row(text, $"{Name(kind)}: {Name(property)}", c => c.Property(kind, property));
            }
        }

        foreach (var column in _columns.Where(c => c.Mistakes.Count > 0))
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"{column.Name}, most frequent mistakes: ");
            text.AppendJoin(", ", column.Mistakes.Take(10).Select(m => $"{Name(m.Requested)} classified as {Name(m.Recognized)} ({m.Times})")).AppendLine(".");
        }

        return text.ToString();
    }

    private static string Name(SoundKind kind) => SoundWords.Names(kind)[0].Split('|')[1];

    private static string Name(SoundProperty property)
    {
        var (first, second) = SoundCatalog.Values(property);
        return $"{SoundWords.After(first)[0]} or {SoundWords.After(second)[0]}";
    }

    private SoundScores Column(string name)
    {
        var column = new SoundScores(name);
        _columns.Add(column);
        return column;
    }

    private void Head(StringBuilder text, string first)
    {
        text.Append("| ").Append(first).Append(" | ").AppendJoin(" | ", _columns.Select(c => c.Name)).AppendLine(" | of |");
        text.Append("|---|").Append(string.Concat(_columns.Select(_ => "---:|"))).AppendLine("---:|");
    }

    private void Row(StringBuilder text, string name, Func<SoundScores, Tally> tally)
    {
        var tallies = _columns.Select(tally).ToList();
        if (tallies[0].Count > 0)
        {
            text.Append("| ").Append(name).Append(" | ").AppendJoin(" | ", tallies.Select(t => t.Percent.ToString("f1", CultureInfo.InvariantCulture) + " %"));
            text.Append(CultureInfo.InvariantCulture, $" | {tallies[0].Count} |").AppendLine();
        }
    }
}
