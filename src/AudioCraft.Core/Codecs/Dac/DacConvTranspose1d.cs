using AudioCraft.Kernels;
using AudioCraft.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>
/// A transposed convolution of DAC: kernel 2·stride, ⌈stride / 2⌉ samples cut off at both ends where it is padded,
/// so that F frames become F·stride samples, or one less for an odd stride.
/// </summary>
internal sealed class DacConvTranspose1d : DacLayer
{
    private readonly TorchSharp.Modules.Parameter weight;
    private readonly TorchSharp.Modules.Parameter bias;
    private readonly long stride;
    private readonly long trim;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="stride">Samples a frame.</param>
    public DacConvTranspose1d(long inputs, long outputs, long stride) : base(nameof(DacConvTranspose1d))
    {
        this.stride = stride;
        trim = (stride + 1) / 2;
        weight = Layers.ParameterFactory.FanIn(checked(outputs * 2 * stride), inputs, outputs, 2 * stride);
        bias = Layers.ParameterFactory.FanIn(checked(outputs * 2 * stride), outputs);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => [new(2 * stride, stride, 1, Transposed: true)];

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() =>
        new StreamingConvTranspose1d(frames => Run(frames, padded: false), () => bias, 2 * stride, stride, trim, trim);

    /// <inheritdoc/>
    public override Tensor Run(Tensor input, bool padded) =>
        Conv1dOperator.Transpose(input, weight, bias, stride, padded ? trim : 0, 0);
}
