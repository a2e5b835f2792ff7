using AudioCraft.Checkpoints;
using Spectre.Console;

namespace AudioCraft.Cli.Display;

/// <summary>Progress bars with rate and remaining time on stderr if it is a terminal; otherwise lines about downloads.</summary>
internal sealed class ProgressBars
{
    private readonly ProgressContext? context;
    private readonly ToolConsole console;

    private ProgressBars(ProgressContext? context, ToolConsole console) => (this.context, this.console) = (context, console);

    /// <summary>Runs work that reports progress. The bars are removed when it ends.</summary>
    public static async Task<T> RunAsync<T>(ToolConsole console, Func<ProgressBars, Task<T>> work)
    {
        if (console.Terminal is not { } terminal)
        {
            return await work(new ProgressBars(null, console)).ConfigureAwait(false);
        }

        var progress = terminal.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn());
        using var shown = console.ShowBars();
        return await progress.StartAsync(bars => work(new ProgressBars(bars, console))).ConfigureAwait(false);
    }

    /// <summary>A bar for downloads, which appears with the first bytes, or lines without a terminal. Retries are printed by <see cref="ToolConsole.Logger"/>.</summary>
    public IProgress<DownloadProgress> Downloads() => context is null
        ? new DownloadLines(console)
        : Of<DownloadProgress>(RateUnit.Bytes, p => (p.File.Length == 0 ? p.Repository : $"{p.Repository}: {p.File}", p.Bytes, p.TotalBytes));

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
                title = Markup.Escape(PrintableWriter.Line(title));
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
