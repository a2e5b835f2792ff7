using System.CommandLine;
using AudioCraft.Cli.Devices;

namespace AudioCraft.Cli.Commands;

/// <summary>Reports the machine, libtorch and what to do about problems.</summary>
internal static class DevicesCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var command = new Command("devices", "Shows the hardware and libraries that are used, and what to do about problems");
        command.SetAction((line, _) =>
        {
            var (machine, libtorch) = (Machine.Probe(), Libtorch.Probe());
            var report = new DevicesResult(typeof(DevicesCommand).Assembly.GetName().Version!.ToString(3), machine, libtorch, [.. Advice.For(machine, libtorch)]);
            shell.Result(line.GetValue(json), report, DevicesResult.Lines);
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
        $"audiocraft   {result.Version}",
        .. result.Machine.Lines(),
        .. result.Libtorch.Lines(),
        .. OlderLinux.Lines(result.Machine, result.Libtorch),
        .. result.Advice.Select(advice => $"-> {advice}"),
    ];
}
