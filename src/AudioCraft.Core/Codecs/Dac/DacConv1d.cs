using AudioCraft.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A convolution of DAC with upstream's names of weights; weight normalization is folded on loading.</summary>
internal sealed class DacConv1d : CodecLayer
{
    /// <summary>Standard deviation of upstream's initial weights, which it truncates at ±2. Biases are zero.</summary>
    private const double InitialDeviation = 0.02;

    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly ConvGeometry geometry;
    private readonly long padding;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="stride">Step.</param>
    /// <param name="padding">Zeros at both ends, if padded.</param>
    /// <param name="dilation">Distance between taps.</param>
    public DacConv1d(long inputs, long outputs, long kernel, long stride = 1, long padding = 0, long dilation = 1) : base(nameof(DacConv1d))
    {
        (geometry, this.padding) = (new(kernel, stride, dilation), padding);

        weight = ParameterFactory.Normal(InitialDeviation, [outputs, inputs, kernel]);
        bias = ParameterFactory.Constant(0, outputs);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => [geometry];

    /// <summary>The type that the model computes in.</summary>
    public ScalarType ElementType => weight.dtype;

    /// <summary>The weights [out, in, taps].</summary>
    public Tensor Weight => weight;

    /// <summary>[out].</summary>
    public Tensor Bias => bias;

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() =>
        new StreamingConv1d(input => Run(input, padded: false), geometry.Reach, geometry.Stride, _ => new ConvPadding(padding, padding), ConvPaddingMode.Constant);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input, bool padded) =>
        Conv1dOperator.Run(input, weight, bias, geometry.Stride, padded ? padding : 0, geometry.Dilation);
}

/// <summary>
/// A transposed convolution of DAC: kernel 2·stride; if padded, ⌈stride / 2⌉ samples are trimmed at both ends,
/// so that F frames become F·stride samples, or one less for an odd stride.
/// </summary>
internal sealed class DacConvTranspose1d : CodecLayer
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long stride;
    private readonly long trim;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">Samples a frame.</param>
    public DacConvTranspose1d(long inputs, long outputs, long stride) : base(nameof(DacConvTranspose1d))
    {
        this.stride = stride;
        trim = (stride + 1) / 2;
        weight = ParameterFactory.FanIn(checked(outputs * 2 * stride), inputs, outputs, 2 * stride);
        bias = ParameterFactory.FanIn(checked(outputs * 2 * stride), outputs);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => [new(2 * stride, stride, Transposed: true)];

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() =>
        new StreamingConvTranspose1d(frames => Run(frames, padded: false), () => bias, 2 * stride, stride, trim, trim);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input, bool padded) => Conv1dOperator.Transpose(input, weight, bias, stride, padded ? trim : 0, 0);
}
