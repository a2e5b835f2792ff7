using System.Diagnostics;
using System.Globalization;

namespace AudioCraft.Cli.Display;

/// <summary>Prints the progress of downloads as lines where stderr is not a terminal: one at the beginning, then one every few seconds.</summary>
internal sealed class DownloadLines(ToolConsole console) : IProgress<DownloadProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Stopwatch sinceLast = new();
    private string? repository;

    /// <inheritdoc/>
    public void Report(DownloadProgress value)
    {
        if (value.Problem is not null)
        {
            // The library's warning about the retry is printed.
            return;
        }

        lock (gate)
        {
            var (isFirst, isLookup) = (value.Repository != repository && value.File.Length > 0, value.File.Length == 0);
            if (!isFirst && sinceLast.IsRunning && sinceLast.Elapsed < Interval)
            {
                return;
            }

            repository = isLookup ? null : value.Repository;
            sinceLast.Restart();
            console.Note(isLookup
                ? $"Looking up {value.Repository}"
                : isFirst
                ? string.Create(CultureInfo.InvariantCulture, $"Downloading {value.Repository}: {value.File}, {value.FileSize / 1e6:0.0} MB")
                : string.Create(CultureInfo.InvariantCulture, $"Downloading {value.Repository}: {value.Bytes / 1e6:0.0} of {value.TotalBytes / 1e6:0.0} MB, {value.BytesPerSecond / 1e6:0.0} MB/s"));
        }
    }
}
