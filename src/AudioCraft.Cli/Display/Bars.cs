using System.Globalization;
using AudioCraft.Checkpoints;
using Spectre.Console;

namespace AudioCraft.Cli.Display;

/// <summary>Progress bars with rate and remaining time on stderr if it is a terminal; otherwise nothing.</summary>
internal sealed class Bars
{
    private readonly ProgressContext? context;

    private readonly Action<string> note;

    private Bars(ProgressContext? context, Action<string> note)
    {
        this.context = context;
        this.note = note;
    }

    /// <summary>Runs work that reports progress. The bars are removed when it ends.</summary>
    public static async Task<T> RunAsync<T>(Shell shell, Func<Bars, Task<T>> work)
    {
        if (shell.Watched is not { } console)
        {
            return await work(new Bars(null, shell.Note)).ConfigureAwait(false);
        }

        var progress = console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn());
        return await progress.StartAsync(bars => work(new Bars(bars, console.WriteLine))).ConfigureAwait(false);
    }

    /// <summary>A bar for downloads, which appears with the first bytes, and a note before every retry.</summary>
    public IProgress<DownloadProgress> Downloads()
    {
        var bar = Of<DownloadProgress>(RateUnit.Bytes, p => ($"{p.Repository}: {p.File}", p.Bytes, p.TotalBytes));
        return new Relay<DownloadProgress>(p =>
        {
            if (p is { Problem: { } problem, RetryDelay: { } delay })
            {
                note(string.Create(CultureInfo.InvariantCulture, $"{problem} Trying again in {delay.TotalSeconds:0} s."));
            }
            else
            {
                bar.Report(p);
            }
        });
    }

    /// <summary>A bar for the decoding steps of a language model.</summary>
    /// <param name="title">The title.</param>
    /// <param name="call">The index of the call.</param>
    /// <param name="calls">The number of calls.</param>
    public IProgress<GenerationProgress> Steps(string title, int call = 0, int calls = 1) =>
        Of<GenerationProgress>(RateUnit.Steps, p => (title, p.Step + (call * (double)p.TotalSteps), (double)p.TotalSteps * calls));

    /// <summary>A bar for written bytes.</summary>
    public IProgress<Checkpoints.ConversionProgress> Conversion() => Of<Checkpoints.ConversionProgress>(RateUnit.Bytes, p => (p.File, p.Bytes, p.TotalBytes));

    /// <summary>A bar for a fraction, 0 to 1.</summary>
    public IProgress<double> Share(string title) => Of<double>(RateUnit.None, p => (title, p, 1));

    private Relay<T> Of<T>(RateUnit unit, Func<T, (string Title, double Done, double Total)> read)
    {
        ProgressTask? task = null;
        return new Relay<T>(context is null
            ? null
            : value =>
            {
                var (title, done, total) = read(value);
                title = Markup.Escape(title);
                task ??= RateColumn.Mark(context.AddTask(title), unit);
                task.Description = title;
                task.MaxValue = Math.Max(total, 1e-9);
                task.Value = done;
            });
    }

    // Progress<T> would report on another thread, out of order.
    private sealed class Relay<T>(Action<T>? show) : IProgress<T>
    {
        public void Report(T value) => show?.Invoke(value);
    }
}
