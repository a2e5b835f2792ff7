using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression;

/// <summary>A stack of LSTM layers over time with a skip connection around it, in the layout of convolutions (audiocraft/modules/lstm.py).</summary>
internal sealed class StreamableLSTM : Module<Tensor, Tensor>
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
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var steps = input.permute(2, 0, 1).contiguous();
        var output = lstm.forward(steps) + steps;
        return output.permute(1, 2, 0).contiguous().MoveToOuterDisposeScope();
    }
}
