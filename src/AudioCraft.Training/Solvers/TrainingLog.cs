using System.Globalization;
using System.Text;
using AudioCraft.Formats;

namespace AudioCraft.Training;

/// <summary>
/// A log of values by step as a CSV file, <c>step,loss,…</c>, appended row by row. Resuming from an earlier step removes the rows after it.
/// </summary>
public sealed class TrainingLog
{
    private const long MaximumBytes = 256 << 20;
    private readonly List<string> columns = [];
    private readonly List<(long Step, double[] Values)> rows = [];

    /// <summary>Opens a log; a missing file is an empty log. Nothing is written yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lastStep">Rows after this step are removed.</param>
    /// <exception cref="AudioCraftException">The file cannot be read or has another format. An incomplete last line is ignored.</exception>
    public TrainingLog(string path, long lastStep = long.MaxValue)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
        if (File.Exists(path))
        {
            Read(lastStep);
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The names of the values.</summary>
    public IReadOnlyList<string> Columns => columns;

    /// <summary>Steps of the rows, ascending.</summary>
    public IEnumerable<long> Steps => rows.Select(r => r.Step);

    /// <summary>The rows with a value, oldest first.</summary>
    public IReadOnlyList<(long Step, double Value)> Curve(string name)
    {
        var column = columns.IndexOf(name);
        return column < 0 ? [] : [.. rows.Where(r => column < r.Values.Length && !double.IsNaN(r.Values[column])).Select(r => (r.Step, r.Values[column]))];
    }

    /// <summary>Writes a row.</summary>
    /// <param name="step">A step after that of the last row.</param>
    /// <param name="values">Values by name. A new name adds a column, and the file is rewritten.</param>
    /// <exception cref="ArgumentException">The step is not after the last one.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public void Append(long step, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (rows.Count > 0 && step <= rows[^1].Step)
        {
            throw new ArgumentException($"Step {step} is logged after step {rows[^1].Step}.", nameof(step));
        }

        var fresh = values.Keys.Where(k => !columns.Contains(k)).ToList();
        columns.AddRange(fresh);
        rows.Add((step, [.. columns.Select(c => values.TryGetValue(c, out var value) ? value : double.NaN)]));
        if (fresh.Count > 0 || !File.Exists(Path))
        {
            WriteAll();
            return;
        }

        try
        {
            File.AppendAllText(Path, Line(rows[^1]));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"The log '{Path}' cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Rewrites the file.</summary>
    internal void WriteAll()
    {
        var text = new StringBuilder("step");
        foreach (var column in columns)
        {
            text.Append(',').Append(column);
        }

        text.Append('\n');
        foreach (var row in rows)
        {
            text.Append(Line(row));
        }

        AtomicFile.Write(Path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private string Line((long Step, double[] Values) row)
    {
        var cells = Enumerable.Range(0, columns.Count).Select(i => i < row.Values.Length && !double.IsNaN(row.Values[i])
            ? row.Values[i].ToString("R", CultureInfo.InvariantCulture)
            : "");
        return string.Join(',', cells.Prepend(row.Step.ToString(CultureInfo.InvariantCulture))) + "\n";
    }

    private void Read(long lastStep)
    {
        string text;
        try
        {
            if (new FileInfo(Path).Length is var bytes and > MaximumBytes)
            {
                throw new AudioCraftException($"The log '{Path}' has {bytes} bytes; at most {MaximumBytes} are read.");
            }

            text = File.ReadAllText(Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"The log '{Path}' cannot be read: {error.Message}", error);
        }

        // An incomplete last line is ignored.
        var lines = text.Split('\n')[..^1];
        if (lines.Length == 0)
        {
            return;
        }

        var head = lines[0].TrimEnd('\r').Split(',');
        if (head[0] != "step" || head.Distinct(StringComparer.Ordinal).Count() != head.Length)
        {
            throw new AudioCraftException($"'{Path}' is not a training log: its first line must be 'step' and distinct names of values.");
        }

        columns.AddRange(head[1..]);
        for (var i = 1; i < lines.Length; i++)
        {
            var row = Parse(lines[i].TrimEnd('\r').Split(','), i + 1);
            if (row.Step <= lastStep)
            {
                rows.Add(row);
            }
        }
    }

    private (long Step, double[] Values) Parse(string[] cells, int line)
    {
        var values = new double[columns.Count];
        var good = long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step) && cells.Length == columns.Count + 1
            && (rows.Count == 0 || step > rows[^1].Step);
        for (var i = 0; good && i < values.Length; i++)
        {
            values[i] = double.NaN;
            good = cells[i + 1].Length == 0 || double.TryParse(cells[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]);
        }

        return good ? (step, values) : throw new AudioCraftException($"'{Path}' is not a training log: line {line} is not a row of numbers, or its step is out of order.");
    }
}
