using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AudioCraft.Benchmarks;

/// <summary>
/// A Python process that times the same work with PyTorch. It is started once a row, prints a line of JSON when it is ready
/// (<c>{"ready": true, "torch": "…"}</c>), and then for every line <c>run</c> that it is sent does one run and prints <c>{"seconds": …, "cpu_seconds": …}</c>,
/// so that runs of both sides can alternate on a machine whose load changes.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    private Peer(Process process, string version)
    {
        this.process = process;
        Version = version;
    }

    /// <summary>PyTorch's version.</summary>
    public string Version { get; }

    /// <summary>The interpreter: the one that Debian's python3-torch is for, unless <c>AUDIOCRAFT_PEER_PYTHON</c> names another.</summary>
    private static string Python => Environment.GetEnvironmentVariable("AUDIOCRAFT_PEER_PYTHON") ?? "/usr/bin/python3";

    /// <summary>Whether there is a PyTorch to compare with.</summary>
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

    /// <summary>Starts a peer and waits until it has built its side.</summary>
    /// <param name="script">File in benchmarks/peers.</param>
    /// <param name="row">The row.</param>
    /// <param name="threads">Threads on the CPU.</param>
    /// <param name="more">Further arguments of the script.</param>
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

    /// <summary>One run, in seconds as the peer measured it.</summary>
    /// <param name="cpuTime">Seconds that its processors worked, instead of those that passed.</param>
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
