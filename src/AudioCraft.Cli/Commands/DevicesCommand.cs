using System.CommandLine;
using AudioCraft.Cli.Devices;

namespace AudioCraft.Cli.Commands;

/// <summary>What this machine computes with, and what to do where it does not.</summary>
internal static class DevicesCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var command = new Command("devices", "Says what there is to compute with, and what to do where something is missing or does not fit");
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

/// <summary>What was found.</summary>
internal sealed record DevicesResult(string Version, Machine Machine, Libtorch Libtorch, IReadOnlyList<string> Advice)
{
    public static IEnumerable<string> Lines(DevicesResult result) =>
    [
        $"audiocraft   {result.Version}",
        .. result.Machine.Lines(),
        .. result.Libtorch.Lines(),
        .. result.Advice.Select(advice => $"-> {advice}"),
    ];
}
