using System.Globalization;
using System.Text;

namespace AudioCraft.GpuCheck;

/// <summary>The report: what passed, and what was measured. Lines go to the console as they come, and to a file at the end.</summary>
internal sealed class Report
{
    private readonly StringBuilder text = new();

    /// <summary>Checks that passed.</summary>
    public int Passed { get; private set; }

    /// <summary>Checks that did not.</summary>
    public int Failed { get; private set; }

    public void Line(FormattableString line) => Line(line.ToString(CultureInfo.InvariantCulture));

    public void Line(string line = "")
    {
        Console.WriteLine(line);
        text.Append(line).Append('\n');
    }

    public void Table(string title, params string[] columns)
    {
        Line();
        Line($"## {title}");
        Line();
        Line($"| {string.Join(" | ", columns)} |");
        Line("|" + string.Concat(columns.Select(_ => "---|")));
    }

    /// <summary>One check, as a line of a table: it passes where its figure is at most the limit. What it throws is its result.</summary>
    public void Check(string name, string what, double limit, Func<double> measure)
    {
        string result;
        try
        {
            var value = measure();
            var passes = value <= limit;
            result = string.Create(CultureInfo.InvariantCulture, $"{value:G3} | {limit:G3} | {(passes ? "pass" : "FAIL")}");
            Count(passes);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The report is to say all that is wrong with a machine, not the first thing alone.
            result = $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ").Replace('|', '/')} | | FAIL";
            Count(false);
        }

        Line($"| {name} | {what} | {result} |");
    }

    /// <summary>One measurement, as a line of a table; what it throws is said there, and counts as failed.</summary>
    public void Measure(string name, Func<FormattableString> measure)
    {
        try
        {
            Line($"| {name} | {measure().ToString(CultureInfo.InvariantCulture)} |");
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Line($"| {name} | {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ").Replace('|', '/')} |");
            Count(false);
        }
    }

    public void Write(string path) => File.WriteAllText(path, text.ToString());

    private void Count(bool passes)
    {
        Passed += passes ? 1 : 0;
        Failed += passes ? 0 : 1;
    }
}
