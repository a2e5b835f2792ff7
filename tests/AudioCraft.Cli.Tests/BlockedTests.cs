using System.Diagnostics;
using System.Globalization;
using System.Text;
using AudioCraft.Cli.Display;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Cli.Tests;

/// <summary>Standard streams and input files that block or cannot be used.</summary>
public sealed class BlockedTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Cancellation_ends_a_command_that_reads_from_a_blocked_stdin()
    {
        using var input = new BlockedReader();
        await using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        using var console = new ToolConsole(input, output, error, () => null, null);
        using var cancellation = new CancellationTokenSource();
        var command = Application.RunAsync(["generate", "--file", "-", "-o", folder.File("d/")], console, cancellation.Token);
        await input.Started.Task;
        await cancellation.CancelAsync();
        Assert.Equal(ExitCode.Canceled, await command);
        Assert.StartsWith("audiocraft: Canceled.", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", "generate", "--file", "-", "-o", "d/")]
    [InlineData("INT", "generate", "--file", "-", "-o", "d/")]
    [InlineData("TERM", "encode", "fifo")]
    [InlineData("INT", "inspect", "fifo")]
    public async Task First_signal_ends_a_process_that_is_blocked(string signal, params string[] args)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using (var make = Process.Start("mkfifo", [folder.File("fifo")]))
        {
            await make.WaitForExitAsync();
        }

        using var process = Tool.Start(null, args.Select(arg => arg is "fifo" or "d/" ? folder.File(arg) : arg));
        // The signal handlers are installed at the start; the command blocks soon after.
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(process.HasExited);
        using (var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        var run = await Tool.EndAsync(process);
        Assert.Contains("Canceled", run.FailedWith(ExitCode.Canceled), StringComparison.Ordinal);
        Assert.Equal([folder.File("fifo")], Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(ExitCode.Misuse, "nosuch 2>/dev/full")]
    [InlineData(ExitCode.Misuse, "nosuch 2>&-")]
    [InlineData(ExitCode.Misuse, "generate --json 2>/dev/full")]
    [InlineData(ExitCode.Failure, "encode /nosuch.wav 2>/dev/full")]
    [InlineData(ExitCode.Failure, "inspect /nosuch.wav 2>&-")]
    [InlineData(ExitCode.Success, "inspect audiogen-tiny 2>&-")]
    [InlineData(ExitCode.Misuse, "generate --file - <&-")]
    [InlineData(ExitCode.Misuse, "generate --file - </dev/null")]
    [InlineData(ExitCode.Misuse, "generate --file - <&- 2>&-")]
    public async Task Closed_and_full_streams_do_not_change_the_exit_code(int code, string command)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec dotnet '{Tool.Assembly}' {command}"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        var run = await Tool.EndAsync(shell);
        Assert.True(code == run.Code, $"exit code {run.Code}: {run.Error}");
        Assert.Equal(code == ExitCode.Success, run.Out.Length > 0);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void Errors_of_stderr_are_ignored(Exception error)
    {
        using var output = new StringWriter();
        using var failing = new FailingWriter(error);
        using var console = new ToolConsole(TextReader.Null, output, failing, () => null, null);
        console.Warn("text");
        console.Note("text");
        console.Fail(ExitCode.Failure, "text");
        console.Result(1, _ => ["text"], onError: true);
        console.Error.Flush();
        Assert.Equal(4, failing.Lines);
        Assert.Empty(output.ToString());
    }

    public static TheoryData<Exception> Errors() => [new IOException(), new UnauthorizedAccessException(), new ObjectDisposedException("stderr")];

    private sealed class BlockedReader : TextReader
    {
        private readonly ManualResetEventSlim release = new();

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override string? ReadLine()
        {
            Started.TrySetResult();
            release.Wait();
            return null;
        }

        protected override void Dispose(bool disposing)
        {
            release.Set();
            base.Dispose(disposing);
        }
    }

    private sealed class FailingWriter(Exception error) : TextWriter(CultureInfo.InvariantCulture)
    {
        public int Lines { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw error;

        public override void WriteLine()
        {
            Lines++;
            throw error;
        }

        public override void Flush() => throw error;
    }
}
