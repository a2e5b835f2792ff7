using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Describes the streams of a codec.</summary>
/// <param name="Samples">Samples of a group: <paramref name="Samples"/> samples correspond to <paramref name="Frames"/> frames.</param>
/// <param name="Frames">Code frames of a group.</param>
/// <param name="Lifetime">Keeps the weights of the model alive while a stream computes.</param>
/// <param name="OpenEncoder">Opens a stream from audio [B, C, n] to codes [B, K, f]; its argument returns the number of codebooks, read each time frames are coded.</param>
/// <param name="OpenDecoder">Opens a stream from codes to audio.</param>
/// <param name="CheckAudio">Throws an <see cref="ArgumentException"/> with the given name if a tensor is not valid audio for the codec.</param>
/// <param name="CheckCodes">The same for codes.</param>
internal sealed record StreamPlan(
    int Samples,
    int Frames,
    NativeLifetime Lifetime,
    Func<Func<int>, IStreamingLayer> OpenEncoder,
    Func<IStreamingLayer> OpenDecoder,
    Action<Tensor, string> CheckAudio,
    Action<Tensor, string> CheckCodes);

/// <summary>A stream through an encoder or decoder: checks the order of calls and the batch size, and runs the layers.</summary>
/// <remarks>It can be disposed from any thread: a running push completes first.</remarks>
internal sealed class CodecStream : IDisposable
{
    /// <summary>A number of steps far beyond the influence of the start of a stream, small enough to be multiplied.</summary>
    private const long Far = 1L << 40;

    private readonly IStreamingLayer layers;
    private readonly NativeLifetime model, own;
    private long items;
    private bool ended;

    /// <param name="model">Keeps the weights of the model alive.</param>
    /// <param name="open">Opens the layers at the start of a stream; they are disposed with this.</param>
    public CodecStream(NativeLifetime model, Func<IStreamingLayer> open)
    {
        (this.model, own) = (model, new NativeLifetime(this));
        using var use = model.Enter();
        layers = open();
    }

    /// <summary>Steps of input until the first step of output.</summary>
    public int Startup => checked((int)layers.InputsFor(1));

    /// <summary>Returns the next steps of output, or null.</summary>
    /// <param name="next">Steps of valid shape and type.</param>
    /// <param name="name">Name of the argument in error messages.</param>
    /// <exception cref="ArgumentException">The batch size differs from that of the first push.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Push(Tensor next, string name)
    {
        using var use = own.Enter();
        CheckOpen();
        if (items != 0 && next.size(0) != items)
        {
            throw new ArgumentException($"{name} has shape {TensorChecks.Text(next.shape)}; the stream began with {items} item(s), so the first size must be {items}.", name);
        }

        return Run(next, last: false);
    }

    /// <summary>Ends the input and returns the remaining steps of output, or null.</summary>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Flush()
    {
        using var use = own.Enter();
        CheckOpen();
        return Run(null, last: true);
    }

    /// <summary>Steps of input after those of a group that are needed before the output of the group is complete, far from the start.</summary>
    /// <param name="inputs">Input steps of a group.</param>
    /// <param name="outputs">Output steps of a group.</param>
    public int LookAhead(long inputs, long outputs) => checked((int)(layers.InputsFor(Far * outputs) - (Far * inputs)));

    public void Dispose() => own.Dispose(layers.Dispose);

    private void CheckOpen()
    {
        if (ended)
        {
            throw new InvalidOperationException("The stream has ended, with Flush or an error: nothing more can be pushed into it. Create a new one.");
        }
    }

    /// <summary>An exception here ends the stream: some layers have consumed the input and some have not.</summary>
    private Tensor? Run(Tensor? input, bool last)
    {
        using var use = model.Enter();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        ended = true;
        var output = layers.Push(input, last);
        items = input?.size(0) ?? items;
        ended = last;
        return output?.MoveToOuterDisposeScope();
    }
}
