using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// Group normalization with a single group: mean and variance over channels and time, scale and shift per channel.
/// TorchSharp's own <c>GroupNorm</c> does not initialize its scale and shift (0.107).
/// </summary>
internal sealed class TimeGroupNorm : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly double epsilon;

    /// <param name="channels">Channels of the input.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public TimeGroupNorm(long channels, double epsilon) : base(nameof(TimeGroupNorm))
    {
        this.epsilon = epsilon;
        weight = ParameterFactory.Constant(1, channels);
        bias = ParameterFactory.Constant(0, channels);
        RegisterComponents();
    }

    /// <summary>[B, C, …] → [B, C, …].</summary>
    public override Tensor forward(Tensor input) => TimeGroupNormKernel.Supports(input)
        ? TimeGroupNormKernel.Normalize(input, weight, bias, epsilon)
        : functional.group_norm(input, 1, weight, bias, epsilon);

    /// <summary>Normalizes and disposes <paramref name="input"/>, or returns it unchanged if there is no norm.</summary>
    public static Tensor Apply(TimeGroupNorm? norm, Tensor input)
    {
        if (norm is null)
        {
            return input;
        }

        using (input)
        {
            return norm.forward(input);
        }
    }
}
