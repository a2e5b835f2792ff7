using AudioCraft.Kernels;
using AudioCraft.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A convolution of DAC. Its weights are its own, so that their names are upstream's; weight normalisation is folded on loading.</summary>
internal sealed class DacConv1d : DacLayer
{
    private readonly TorchSharp.Modules.Parameter weight;
    private readonly TorchSharp.Modules.Parameter bias;
    private readonly long stride;
    private readonly long padding;
    private readonly long dilation;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="stride">Step.</param>
    /// <param name="padding">Zeros at both ends, where it is padded.</param>
    /// <param name="dilation">Distance between taps.</param>
    public DacConv1d(long inputs, long outputs, long kernel, long stride = 1, long padding = 0, long dilation = 1) : base(nameof(DacConv1d))
    {
        (this.stride, this.padding, this.dilation) = (stride, padding, dilation);
        // Upstream draws convolutions from a normal distribution of deviation 0.02 cut off at ±2, and their biases are zero.
        weight = Layers.ParameterFactory.Normal(outputs, inputs, kernel);
        bias = Layers.ParameterFactory.Constant(0, outputs);
        if (!Layers.DeferredInitialization.IsActive)
        {
            using var guard = no_grad();
            weight.mul_(0.02f);
        }

        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => [new(weight.size(2), stride, dilation, Transposed: false)];

    /// <summary>The type that the model computes in.</summary>
    public ScalarType ElementType => weight.dtype;

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() =>
        new StreamingConv1d(sound => Run(sound, padded: false), (weight.size(2) - 1) * dilation + 1, stride, _ => new ConvPadding(padding, padding), ConvPaddingMode.Constant);

    /// <summary>The weights [out, in, taps].</summary>
    public Tensor Weight => weight;

    /// <summary>[out].</summary>
    public Tensor Bias => bias;

    /// <inheritdoc/>
    public override Tensor Run(Tensor input, bool padded) =>
        Conv1dOperator.Run(input, weight, bias, stride, padded ? padding : 0, dilation);
}
