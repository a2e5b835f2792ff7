using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>Padding of the last dimension at both ends.</summary>
internal sealed class Padding1d : Module<Tensor, Tensor>
{
    private readonly long samples;
    private readonly PaddingModes mode;
    private readonly double value;

    /// <param name="samples">Number of samples at each end.</param>
    /// <param name="mode">Padding mode.</param>
    /// <param name="value">Value of constant padding.</param>
    public Padding1d(long samples, PaddingModes mode, double value) : base(nameof(Padding1d))
    {
        (this.samples, this.mode, this.value) = (samples, mode, value);
        RegisterComponents();
    }

    /// <summary>[B, C, T] → [B, C, T + 2 samples].</summary>
    public override Tensor forward(Tensor input) => functional.pad(input, (samples, samples), mode, value);
}
