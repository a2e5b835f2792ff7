using System.CommandLine;
using AudioCraft.Cli.Devices;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli.Commands;

/// <summary>Reports the machine, libtorch and what to do about problems.</summary>
internal static class DevicesCommand
{
    public static Command Create(ToolConsole console)
    {
        var command = new Command("devices", "Shows the hardware and libraries that are used, and what to do about problems");
        command.SetAction((line, _) =>
        {
            var (machine, libtorch) = (Machine.Probe(), Libtorch.Probe());
            var report = new DevicesResult(typeof(DevicesCommand).Assembly.GetName().Version!.ToString(3), machine, libtorch, [.. Advice.For(machine, libtorch)]);
            console.Result(report, DevicesResult.Lines);
            return Task.FromResult(libtorch.Loads ? ExitCode.Success : ExitCode.Failure);
        });
        return command;
    }
}

/// <summary>The report of <c>audiocraft devices</c>.</summary>
internal sealed record DevicesResult(string Version, Machine Machine, Libtorch Libtorch, IReadOnlyList<string> Advice)
{
    public static IEnumerable<string> Lines(DevicesResult result) =>
    [
        // A problem first, then what to do, then the details.
        .. result.Libtorch.Loads ? [] : new[] { $"libtorch cannot be loaded: {result.Libtorch.Problem}" }.Concat(Remedies(result)),
        $"audiocraft   {result.Version}",
        .. result.Machine.Lines(),
        .. result.Libtorch.Lines(),
        .. OlderLinux.Lines(result.Machine, result.Libtorch),
        .. result.Libtorch.Loads ? Remedies(result) : [],
    ];

    private static IEnumerable<string> Remedies(DevicesResult result) => result.Advice.Select(advice => $"-> {advice}");
}
