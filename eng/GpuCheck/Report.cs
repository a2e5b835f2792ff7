using System.Globalization;
using System.Text;

namespace AudioCraft.GpuCheck;

/// <summary>The report of checks and measurements. Lines are printed to the console immediately and written to a file at the end.</summary>
internal sealed class Report
{
    private readonly StringBuilder text = new();

    /// <summary>The number of passed checks.</summary>
    public int Passed { get; private set; }

    /// <summary>The number of failed checks.</summary>
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

    /// <summary>Adds a check as a row of a table. It passes if its value is at most the limit. An exception is reported as its result.</summary>
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
            // The report contains all failures, not only the first.
            result = $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ").Replace('|', '/')} | | FAIL";
            Count(false);
        }

        Line($"| {name} | {what} | {result} |");
    }

    /// <summary>Adds a measurement as a row of a table. An exception is reported there and counts as a failure.</summary>
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
