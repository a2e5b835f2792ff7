using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>What is done to each step, or to each group of steps, has no past.</summary>
/// <param name="apply">Gives a tensor that is not the input; it may be a view of it.</param>
/// <param name="replace">The same for an input that nobody else needs: it is disposed, or its memory used again. Null where that saves nothing.</param>
/// <param name="stepsIn">Steps of a group. Inputs are whole groups.</param>
/// <param name="stepsOut">Steps that a group becomes.</param>
internal sealed class StreamingFunction(Func<Tensor, Tensor> apply, Func<Tensor, Tensor>? replace = null, int stepsIn = 1, int stepsOut = 1) : IStreamingLayer
{
    public Tensor? Push(Tensor? input, bool last) => input is null ? null : apply(input);

    /// <summary>The output for an input that nobody else needs.</summary>
    public Tensor Replace(Tensor input)
    {
        if (replace is not null)
        {
            return replace(input);
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
