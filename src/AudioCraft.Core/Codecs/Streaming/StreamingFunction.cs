using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A function of each step, or of each group of steps, that needs no state.</summary>
/// <param name="apply">Returns a tensor other than its input; it may be a view of it.</param>
/// <param name="overwrite">The same for an input that the layer owns: it is disposed, or its memory is reused. Null to use <paramref name="apply"/>.</param>
/// <param name="stepsIn">Steps of a group. Inputs are whole groups.</param>
/// <param name="stepsOut">Output steps of a group.</param>
internal sealed class StreamingFunction(Func<Tensor, Tensor> apply, Func<Tensor, Tensor>? overwrite = null, int stepsIn = 1, int stepsOut = 1) : IStreamingLayer
{
    public Tensor? Push(Tensor? input, bool last) => input is null ? null : apply(input);

    /// <summary>The output for an input that the layer owns.</summary>
    public Tensor Overwrite(Tensor input)
    {
        if (overwrite is not null)
        {
            return overwrite(input);
        }

        using (input)
        {
            return apply(input);
        }
    }

    public long InputsFor(long outputs) => (outputs + stepsOut - 1) / stepsOut * stepsIn;

    public void Dispose()
    {
    }
}
