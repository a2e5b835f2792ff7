using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A streaming layer whose input is padded with zeros to whole frames when it ends.</summary>
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

        var missing = (stepsPerFrame - (length % stepsPerFrame)) % stepsPerFrame;
        if (!last || missing == 0)
        {
            return inner.Push(input, last);
        }

        using var zeros = layout.Zeros(missing);
        using var completed = input is null ? zeros.alias() : cat([input, zeros], -1);
        return inner.Push(completed, last);
    }

    public long InputsFor(long outputs) => inner.InputsFor(outputs);

    public void Dispose() => inner.Dispose();
}

/// <summary>A streaming layer whose output may be shorter than whole frames: missing steps are filled with zeros when the input ends.</summary>
/// <param name="inner">The layer; disposed with this.</param>
/// <param name="channels">Channels of its output.</param>
/// <param name="stepsPerFrame">Output steps for each step of the input.</param>
internal sealed class CompletedOutput(IStreamingLayer inner, long channels, long stepsPerFrame) : IStreamingLayer
{
    private StepLayout layout;
    private long missing;

    public Tensor? Push(Tensor? input, bool last)
    {
        if (input is not null)
        {
            layout = StepLayout.Of(input) with { Channels = channels };
            missing += input.size(-1) * stepsPerFrame;
        }

        var output = inner.Push(input, last);
        missing -= output?.size(-1) ?? 0;
        if (!last || missing == 0)
        {
            return output;
        }

        using (output)
        using (var zeros = layout.Zeros(missing))
        {
            return output is null ? zeros.alias() : cat([output, zeros], -1);
        }
    }

    public long InputsFor(long outputs) => inner.InputsFor(outputs);

    public void Dispose() => inner.Dispose();
}

/// <summary>The properties that all steps of a stream share.</summary>
internal readonly record struct StepLayout(long Items, long Channels, ScalarType Type, Device Device)
{
    /// <summary>The layout of [B, C, n].</summary>
    public static StepLayout Of(Tensor steps) => new(steps.size(0), steps.size(1), steps.dtype, steps.device);

    /// <summary>Zeros, [B, C, count].</summary>
    public Tensor Zeros(long count) => zeros([Items, Channels, count], Type, Device);
}
