using static TorchSharp.torch;

namespace AudioCraft.Compression.Streaming;

/// <summary>A point-wise function has no past.</summary>
internal sealed class StreamingActivation(Activation activation) : IStreamingLayer
{
    public Tensor? Push(Tensor? input, bool last) => input is null ? null : activation.forward(input);

    /// <summary>The same for an input that nobody else needs: see <see cref="Activation.Replace"/>.</summary>
    public Tensor Replace(Tensor input) => activation.Replace(input);

    public long InputsFor(long outputs) => outputs;

    public void Dispose()
    {
    }
}
