using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>A point-wise function named after its PyTorch module.</summary>
internal sealed class Activation : PointwiseLayer
{
    private readonly ActivationConfig config;

    /// <param name="config">Which function; a valid one.</param>
    public Activation(ActivationConfig config) : base(nameof(Activation))
    {
        config.Validate();
        this.config = config;
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input, bool padded) => config.Apply(input);

    /// <summary>On a CPU, reusing the memory saves more time than the function itself takes.</summary>
    protected override bool TryOverwrite(Tensor input)
    {
        if (is_grad_enabled())
        {
            return false;
        }

        switch (config.Name)
        {
            case "ELU":
                // elu_(double) is not in place in TorchSharp.
                using (Scalar alpha = config.Parameter("alpha", 1.0))
                {
                    input.elu_(alpha, Scalars.One, Scalars.One);
                }

                return true;
            case "LeakyReLU":
                using (Scalar slope = config.Parameter("negative_slope", 0.01))
                {
                    input.leaky_relu_(slope);
                }

                return true;
            case "ReLU":
                input.relu_();
                return true;
            case "Tanh":
                input.tanh_();
                return true;
            default:
                return false;
        }
    }
}
