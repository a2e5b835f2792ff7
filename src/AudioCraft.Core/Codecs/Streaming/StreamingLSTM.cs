using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary><see cref="StreamableLSTM"/> on a stream: the state of every layer is carried on.</summary>
internal sealed class StreamingLSTM(StreamableLSTM lstm) : IStreamingLayer
{
    private readonly LstmState state = new();

    public Tensor? Push(Tensor? input, bool last) => input is null ? null : lstm.Continue(input, state);

    public long InputsFor(long outputs) => outputs;

    public void Dispose() => state.Dispose();
}
