using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>One use of an encoder or decoder: guards the order of calls and the number of items, and runs the layers.</summary>
/// <param name="layers">At the start of a stream; disposed with this.</param>
internal sealed class CodecStream(IStreamingLayer layers) : IDisposable
{
    /// <summary>More steps than any start has an influence on, few enough to multiply.</summary>
    private const long Far = 1L << 40;

    private long items;
    private bool ended;
    private bool disposed;

    /// <summary>Steps of input until the first step of output.</summary>
    public int Startup => checked((int)layers.InputsFor(1));

    /// <summary>The next steps of output, or null.</summary>
    /// <param name="next">Steps of the right layout and type.</param>
    /// <param name="name">What the caller calls them.</param>
    /// <exception cref="ArgumentException">Its number of items is not that of what came before.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor? Push(Tensor next, string name)
    {
        CheckOpen();
        if (items != 0 && next.size(0) != items)
        {
            throw new ArgumentException($"{name} has shape {TensorChecks.Text(next.shape)}; the stream began with {items} item(s), so the first size must be {items}.", name);
        }

        return Run(next, last: false);
    }

    /// <summary>Ends the input: gives the steps of output that are left, or null.</summary>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor? Flush()
    {
        CheckOpen();
        return Run(null, last: true);
    }

    /// <summary>Steps of input after those of a group that must be there before the output of the group is complete, away from the start.</summary>
    /// <param name="inputs">Input steps of a group.</param>
    /// <param name="outputs">Output steps of a group.</param>
    public int LookAhead(long inputs, long outputs) => checked((int)(layers.InputsFor(Far * outputs) - (Far * inputs)));

    public void Dispose()
    {
        disposed = true;
        layers.Dispose();
    }

    private void CheckOpen()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (ended)
        {
            throw new InvalidOperationException("The stream has ended, with Flush or an error: nothing can be pushed into it any more. Create a new one.");
        }
    }

    /// <summary>What goes wrong here ends the stream: some layers have taken the input and some have not.</summary>
    private Tensor? Run(Tensor? input, bool last)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        ended = true;
        var output = layers.Push(input, last);
        items = input?.size(0) ?? items;
        ended = last;
        return output?.MoveToOuterDisposeScope();
    }
}
