// The tool `audiocraft`. `audiocraft --help` lists the commands, `audiocraft generate --help` a command's options.
using System.Runtime.InteropServices;
using AudioCraft.Cli;
using AudioCraft.Cli.Display;

using var cancellation = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
using var console = ToolConsole.OfProcess();
// TorchSharp writes a trace to the console when libtorch does not load. Results must be the only text on stdout; the error is reported on stderr.
Console.SetOut(TextWriter.Null);
return await Application.RunAsync(args, console, cancellation.Token).ConfigureAwait(false);

// The first signal ends the work after the current step, so that no incomplete file stays, or a wait for input; the second ends the process immediately.
void Cancel(PosixSignalContext signal)
{
    signal.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}
