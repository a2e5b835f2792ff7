using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A convolution with its normalization: the weights are <c>conv</c>, a group norm after it is <c>norm</c>.</summary>
internal sealed class NormConv1d : Module
{
    private readonly ConvWeights conv;
    private readonly TimeGroupNorm? norm;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Normalization.</param>
    public NormConv1d(long inputs, long outputs, long kernel, ConvOptions options) : base(nameof(NormConv1d))
    {
        conv = new ConvWeights([outputs, inputs, kernel], outputs, options.SplitWeight);
        norm = options.CreateNorm(outputs);
        RegisterComponents();
    }

    /// <summary>[B, in, T] → [B, out, frames], with <paramref name="padding"/> zeros at both ends.</summary>
    public Tensor Convolve(Tensor input, long stride, long padding, long dilation)
    {
        using var weight = conv.Weight();
        var output = Conv1dOperator.Run(input, weight, conv.Bias, stride, padding, dilation);
        return TimeGroupNorm.Apply(norm, output);
    }
}

/// <summary>A transposed convolution with its normalization: the weights are <c>convtr</c>, a group norm after it is <c>norm</c>.</summary>
internal sealed class NormConvTranspose1d : Module
{
    private readonly ConvWeights convtr;
    private readonly TimeGroupNorm? norm;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Kernel size.</param>
    /// <param name="options">Normalization.</param>
    public NormConvTranspose1d(long inputs, long outputs, long kernel, ConvOptions options) : base(nameof(NormConvTranspose1d))
    {
        convtr = new ConvWeights([inputs, outputs, kernel], outputs, options.SplitWeight);
        norm = options.CreateNorm(outputs);
        RegisterComponents();
    }

    /// <summary>Whether a norm covers the whole output, so that nothing may be trimmed before it.</summary>
    public bool HasNorm => norm is not null;

    /// <summary>[out]: included in every sample of <see cref="Convolve"/>.</summary>
    public Tensor Bias => convtr.Bias;

    /// <summary>[B, in, F] → [B, out, (F − 1)·stride + k − 2·trim + longer].</summary>
    /// <param name="input">Frames.</param>
    /// <param name="stride">Samples a frame.</param>
    /// <param name="trim">Samples not computed at each end.</param>
    /// <param name="longer">Samples added at the right end; below <paramref name="stride"/>.</param>
    public Tensor Convolve(Tensor input, long stride, long trim, long longer)
    {
        using var weight = convtr.Weight();
        var output = Conv1dOperator.Transpose(input, weight, convtr.Bias, stride, trim, longer);
        return TimeGroupNorm.Apply(norm, output);
    }
}

/// <summary>
/// The weight and bias of a convolution. The form for inference has <c>weight</c>; the form for training with weight normalization
/// has <c>weight_g</c> and <c>weight_v</c>, as PyTorch's <c>weight_norm</c> names them.
/// </summary>
internal sealed class ConvWeights : Module
{
    private readonly Parameter? weight;
    private readonly Parameter? weight_g;
    private readonly Parameter? weight_v;
    private readonly Parameter bias;

    /// <param name="shape">[out, in, k], for a transposed convolution [in, out, k].</param>
    /// <param name="outputs">Output channels, one bias each.</param>
    /// <param name="weightNorm">Whether length and direction are separate parameters.</param>
    public ConvWeights(long[] shape, long outputs, bool weightNorm) : base(nameof(ConvWeights))
    {
        // PyTorch counts the second dimension times the kernel as the fan-in, also for transposed convolutions.
        var fanIn = checked(shape[1] * shape[2]);
        if (weightNorm)
        {
            weight_v = ParameterFactory.FanIn(fanIn, shape);
            weight_g = ParameterFactory.Constant(1, shape[0], 1, 1);
            if (!DeferredInitialization.IsActive)
            {
                using var guard = no_grad();
                using var length = WeightNorm.Length(weight_v);
                weight_g.copy_(length);
            }
        }
        else
        {
            weight = ParameterFactory.FanIn(fanIn, shape);
        }

        bias = ParameterFactory.FanIn(fanIn, outputs);
        RegisterComponents();
    }

    /// <summary>[out].</summary>
    public Tensor Bias => bias;

    /// <summary>The weight to convolve with. The caller owns it.</summary>
    public Tensor Weight() => weight is null ? WeightNorm.Fold(weight_g!, weight_v!) : weight.alias();
}
