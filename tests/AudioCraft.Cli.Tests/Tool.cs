using System.Diagnostics;
using System.Text.Json;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli.Tests;

/// <summary>The result of a run of the tool.</summary>
internal sealed record ToolRun(int Code, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>Asserts success and nothing on stderr.</summary>
    public ToolRun Succeeded()
    {
        Assert.True(Code == ExitCode.Success && Error.Length == 0, $"exit code {Code}: {Error}");
        return this;
    }

    /// <summary>Asserts success, whatever is on stderr.</summary>
    public ToolRun SucceededWithNotes()
    {
        Assert.True(Code == ExitCode.Success, $"exit code {Code}: {Error}");
        return this;
    }

    /// <summary>Asserts the exit code, one line on stderr and nothing on stdout.</summary>
    public string FailedWith(int code)
    {
        Assert.True(code == Code, $"exit code {Code} in place of {code}: {Error}{Out}");
        Assert.Empty(Out);
        var line = Assert.Single(Error.TrimEnd('\n', '\r').Split('\n'));
        Assert.StartsWith("audiocraft: ", line, StringComparison.Ordinal);
        return line;
    }
}

/// <summary>Runs the tool in this process or in a separate one.</summary>
internal static class Tool
{
    /// <summary>The built tool beside the tests.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "audiocraft.dll");

    /// <summary>Runs a command in this process.</summary>
    public static ToolRun Run(params string[] args) => RunAsync(args, "", CancellationToken.None).GetAwaiter().GetResult();

    public static async Task<ToolRun> RunAsync(string[] args, string input, CancellationToken cancellationToken, MemoryStream? binary = null)
    {
        using var read = new StringReader(input);
        await using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        using var console = new ToolConsole(read, output, error, () => binary is null ? new MemoryStream() : new Unclosed(binary), null);
        var code = await Application.RunAsync(args, console, cancellationToken);
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Starts a command in a separate process.</summary>
    /// <param name="environment">Environment variables; null removes one.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="assembly">Another copy of the tool, or null.</param>
    public static Process Start(IReadOnlyDictionary<string, string?>? environment, IEnumerable<string> args, string? assembly = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(assembly ?? Assembly);
        foreach (var argument in args)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Waits for the end of a command.</summary>
    public static async Task<ToolRun> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return new ToolRun(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a command in a separate process.</summary>
    public static async Task<ToolRun> ProcessAsync(IReadOnlyDictionary<string, string?>? environment, params string[] args)
    {
        using var process = Start(environment, args);
        return await EndAsync(process);
    }

    /// <summary>A stream that stays open, as stdout does.</summary>
    private sealed class Unclosed(MemoryStream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
