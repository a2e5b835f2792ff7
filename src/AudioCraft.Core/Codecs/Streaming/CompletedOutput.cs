using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A layer that may make less than whole frames: at the end zeros are put in place of what it lacks.</summary>
/// <param name="inner">The layer; disposed with this.</param>
/// <param name="channels">Channels of its output.</param>
/// <param name="stepsPerFrame">Steps that each step of the input is to become.</param>
internal sealed class CompletedOutput(IStreamingLayer inner, long channels, long stepsPerFrame) : IStreamingLayer
{
    private StepLayout layout;
    private long lacking;

    public Tensor? Push(Tensor? input, bool last)
    {
        if (input is not null)
        {
            layout = StepLayout.Of(input) with { Channels = channels };
            lacking += input.size(-1) * stepsPerFrame;
        }

        var output = inner.Push(input, last);
        lacking -= output?.size(-1) ?? 0;
        if (!last || lacking == 0)
        {
            return output;
        }

        using (output)
        using (var zeros = layout.Zeros(lacking))
        {
            return output is null ? zeros.alias() : cat([output, zeros], -1);
        }
    }

    public long InputsFor(long outputs) => inner.InputsFor(outputs);

    public void Dispose() => inner.Dispose();
}
