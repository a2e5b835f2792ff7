using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AudioCraft.Benchmarks;

/// <summary>
/// A Python process that measures the same work with PyTorch. It is started once per row, prints a line of JSON when it is ready
/// (<c>{"ready": true, "torch": "…"}</c>), and for each line <c>run</c> on its input does one run and prints <c>{"seconds": …, "cpu_seconds": …}</c>,
/// so that runs of both implementations can alternate on a machine with varying load.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    private Peer(Process process, string version)
    {
        this.process = process;
        Version = version;
    }

    /// <summary>The version of PyTorch.</summary>
    public string Version { get; }

    /// <summary>The Python interpreter: <c>AUDIOCRAFT_PEER_PYTHON</c> if set, otherwise the one of Debian's python3-torch.</summary>
    private static string Python => Environment.GetEnvironmentVariable("AUDIOCRAFT_PEER_PYTHON") ?? "/usr/bin/python3";

    /// <summary>Whether PyTorch is installed.</summary>
    public static bool IsInstalled()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var probe = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch"]) { RedirectStandardError = true })!;
        probe.StandardError.ReadToEnd();
        probe.WaitForExit();
        return probe.ExitCode == 0;
    }

    /// <summary>Starts a peer and waits until it is ready.</summary>
    /// <param name="script">A file in benchmarks/peers.</param>
    /// <param name="row">The row.</param>
    /// <param name="threads">Threads on the CPU.</param>
    /// <param name="more">Additional arguments of the script.</param>
    public static Peer Start(string script, string row, int threads, params string[] more)
    {
        var start = new ProcessStartInfo(
            Python,
            [Path.Combine(AppContext.BaseDirectory, "peers", script), "--row", row, "--threads", threads.ToString(CultureInfo.InvariantCulture), .. more])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        using var ready = Read(process);
        return new Peer(process, ready.RootElement.GetProperty("torch").GetString()!);
    }

    /// <summary>Does one run and returns the seconds that the peer measured.</summary>
    /// <param name="cpuTime">Whether to return processor time instead of elapsed time.</param>
    public double Run(bool cpuTime)
    {
        process.StandardInput.WriteLine("run");
        process.StandardInput.Flush();
        using var answer = Read(process);
        return answer.RootElement.GetProperty(cpuTime ? "cpu_seconds" : "seconds").GetDouble();
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    private static JsonDocument Read(Process process) =>
        JsonDocument.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The peer ended without an answer; its error is above."));
}
