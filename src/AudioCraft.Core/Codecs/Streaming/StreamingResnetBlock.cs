using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A residual block on a stream. The input waits for the branch, whose convolutions may look ahead.</summary>
/// <param name="branch">The convolutions.</param>
/// <param name="shortcut">What the input goes through before it is added, point by point, or null for nothing.</param>
internal sealed class StreamingResnetBlock(StreamingChain branch, StreamingConv1d? shortcut) : IStreamingLayer
{
    private readonly PendingSteps pending = new();

    public Tensor? Push(Tensor? input, bool last)
    {
        using var scope = NewDisposeScope();
        var output = branch.Push(input, last);
        if (pending.With(input) is not { } all)
        {
            return null;
        }

        var count = output?.size(-1) ?? 0;
        if (output is not null)
        {
            var skipped = all.narrow(-1, 0, count);
            output.add_(shortcut is null ? skipped : shortcut.Push(skipped, last)!);
        }

        pending.KeepFrom(all, count);
        return output?.MoveToOuterDisposeScope();
    }

    public long InputsFor(long outputs) => branch.InputsFor(outputs);

    public void Dispose()
    {
        branch.Dispose();
        shortcut?.Dispose();
        pending.Dispose();
    }
}
