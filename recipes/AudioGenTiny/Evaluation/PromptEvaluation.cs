using System.Globalization;
using System.Text;

namespace AudioGenTiny.Recipe;

/// <summary>How often generated sounds are heard as what was asked for, beside originals, and originals that went through a codec.</summary>
public sealed class PromptEvaluation
{
    private readonly List<SoundScores> _columns = [];

    private PromptEvaluation()
    {
    }

    /// <summary>One column for each origin: originals, through the codec, generated (those that were measured).</summary>
    public IReadOnlyList<SoundScores> Columns => _columns;

    /// <summary>The originals.</summary>
    public SoundScores Originals => _columns[0];

    /// <summary>The last column: generated sounds, where there are any.</summary>
    public SoundScores Generated => _columns[^1];

    /// <summary>Asks for every prompt and listens.</summary>
    /// <param name="classifier">Who listens.</param>
    /// <param name="prompts">What is asked for.</param>
    /// <param name="generate">Makes sounds for some prompts, at the classifier's rate, one channel; null measures originals alone.</param>
    /// <param name="codec">A sound through the codec, at the classifier's rate; null leaves that column out.</param>
    /// <param name="batch">How many prompts <paramref name="generate"/> gets at once, at least 1.</param>
    /// <param name="seconds">Length of the originals.</param>
    /// <param name="progress">Told how many prompts are done.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <exception cref="ArgumentException">There is no prompt, or <paramref name="generate"/> returns another number of sounds.</exception>
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

    /// <summary>The table, in Markdown: all kinds, each kind, each property, each property of each kind, and the most frequent mistakes.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Head(text, "Heard as asked");
        Row(text, "**all kinds**", c => c.Kinds);
        foreach (var kind in SoundCatalogue.Kinds)
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
        foreach (var kind in SoundCatalogue.Kinds)
        {
            foreach (var property in SoundCatalogue.Properties(kind))
            {
                Row(text, $"{Name(kind)}: {Name(property)}", c => c.Property(kind, property));
            }
        }

        foreach (var column in _columns.Where(c => c.Mistakes.Count > 0))
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"{column.Name}, most frequent mistakes: ");
            text.AppendJoin(", ", column.Mistakes.Take(10).Select(m => $"{Name(m.Asked)} heard as {Name(m.Heard)} ({m.Times})")).AppendLine(".");
        }

        return text.ToString();
    }

    private static string Name(SoundKind kind) => SoundWords.Names(kind)[0].Split('|')[1];

    private static string Name(SoundProperty property)
    {
        var (first, second) = SoundCatalogue.Values(property);
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
