using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A layer whose input is filled up with zeros to whole frames when it ends.</summary>
/// <param name="inner">The layer; disposed with this.</param>
/// <param name="stepsPerFrame">Steps of a frame.</param>
internal sealed class CompletedInput(IStreamingLayer inner, long stepsPerFrame) : IStreamingLayer
{
    private StepLayout layout;
    private long length;

    public Tensor? Push(Tensor? input, bool last)
    {
        if (input is not null)
        {
            layout = StepLayout.Of(input);
            length += input.size(-1);
        }

        var lacking = (stepsPerFrame - (length % stepsPerFrame)) % stepsPerFrame;
        if (!last || lacking == 0)
        {
            return inner.Push(input, last);
        }

        using var zeros = layout.Zeros(lacking);
        using var completed = input is null ? zeros.alias() : cat([input, zeros], -1);
        return inner.Push(completed, last);
    }

    public long InputsFor(long outputs) => inner.InputsFor(outputs);

    public void Dispose() => inner.Dispose();
}
