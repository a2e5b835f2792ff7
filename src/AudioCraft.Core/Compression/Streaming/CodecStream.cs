using AudioCraft.Quantization;
using static TorchSharp.torch;

namespace AudioCraft.Compression.Streaming;

/// <summary>One use of an encoder or decoder: guards the order of calls and the number of items, and runs the blocks.</summary>
/// <param name="chain">The blocks, at the start of a stream; disposed with this.</param>
internal sealed class CodecStream(StreamingChain chain) : IDisposable
{
    /// <summary>More steps than any start has an influence on, few enough to multiply.</summary>
    private const long Far = 1L << 40;

    private long items;
    private bool ended;
    private bool disposed;

    /// <summary>Steps of input until the first step of output.</summary>
    public long Startup => chain.InputsFor(1);

    /// <summary>Makes sure that <paramref name="next"/>, of the right layout, can follow what came before.</summary>
    /// <exception cref="ArgumentException">Its number of items differs.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Accept(Tensor next, string name)
    {
        CheckOpen();
        if (items != 0 && next.size(0) != items)
        {
            throw new ArgumentException($"{name} has shape {TensorChecks.Text(next.shape)}; the stream began with {items} item(s), so the first size must be {items}.", name);
        }
    }

    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void CheckOpen()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (ended)
        {
            throw new InvalidOperationException("The stream has ended, with Flush or an error: nothing can be pushed into it any more. Create a new one.");
        }
    }

    /// <summary>The next steps of output, or null. What goes wrong here ends the stream: some blocks have taken the input and some have not.</summary>
    public Tensor? Push(Tensor? input, bool last)
    {
        ended = true;
        var output = chain.Push(input, last);
        items = input?.size(0) ?? items;
        ended = last;
        return output;
    }

    /// <summary>Steps of input after those of a frame that must be there before the output of the frame is complete, away from the start.</summary>
    /// <param name="inputsPerFrame">Input steps a frame.</param>
    /// <param name="outputsPerFrame">Output steps a frame.</param>
    public long LookAhead(long inputsPerFrame, long outputsPerFrame) => chain.InputsFor(Far * outputsPerFrame) - (Far * inputsPerFrame);

    public void Dispose()
    {
        disposed = true;
        chain.Dispose();
    }
}
