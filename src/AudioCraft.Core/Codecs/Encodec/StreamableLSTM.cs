using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A stack of LSTM layers over time with a skip connection around it, in the layout of convolutions (audiocraft/modules/lstm.py).</summary>
internal sealed class StreamableLSTM : Module<Tensor, Tensor>, IStreamable
{
    private readonly LstmStack lstm;

    /// <param name="dimension">Channels in and out.</param>
    /// <param name="layers">Number of layers.</param>
    public StreamableLSTM(long dimension, int layers) : base(nameof(StreamableLSTM))
    {
        lstm = new LstmStack(dimension, layers);
        RegisterComponents();
    }

    /// <summary>[B, C, T] → [B, C, T].</summary>
    public override Tensor forward(Tensor input) => Continue(input, null);

    /// <inheritdoc/>
    public IStreamingLayer OpenStream() => new StreamingLSTM(this);

    /// <summary>[B, C, n] → [B, C, n], the steps after those that <paramref name="state"/> remembers, and remembers these too; null for all steps there are.</summary>
    internal Tensor Continue(Tensor input, LstmState? state)
    {
        using var scope = NewDisposeScope();
        var steps = input.permute(2, 0, 1).contiguous();
        var output = lstm.Continue(steps, state) + steps;
        return output.permute(1, 2, 0).contiguous().MoveToOuterDisposeScope();
    }
}
