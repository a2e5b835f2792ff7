using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A point-wise function named as PyTorch's modules are.</summary>
internal sealed class Activation : Module<Tensor, Tensor>, IStreamable
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
    public IStreamingLayer OpenStream() => new StreamingFunction(forward, Replace);

    /// <summary>A new tensor of the same shape.</summary>
    public override Tensor forward(Tensor input) => config.Name switch
    {
        "ELU" => functional.elu(input, config.Parameter("alpha", 1.0)),
        "LeakyReLU" => functional.leaky_relu(input, config.Parameter("negative_slope", 0.01)),
        "ReLU" => input.relu(),
        "Tanh" => input.tanh(),
        "Sigmoid" => input.sigmoid(),
        "SiLU" => functional.silu(input),
        "GELU" => functional.gelu(input),
        _ => input.alias(),
    };

    /// <summary>
    /// Replaces <paramref name="input"/>, which the caller owns and nothing else needs: its memory is used again where that is possible,
    /// which on a CPU saves more time than the function itself takes. The input must not be used afterwards.
    /// </summary>
    public Tensor Replace(Tensor input)
    {
        if (!is_grad_enabled())
        {
            switch (config.Name)
            {
                case "ELU":
                    // elu_(double) is not in place in TorchSharp.
                    using (Scalar alpha = config.Parameter("alpha", 1.0), one = 1.0)
                    {
                        return input.elu_(alpha, one, one);
                    }

                case "LeakyReLU":
                    using (Scalar slope = config.Parameter("negative_slope", 0.01))
                    {
                        return input.leaky_relu_(slope);
                    }

                case "ReLU":
                    return input.relu_();
                case "Tanh":
                    return input.tanh_();
            }
        }

        using (input)
        {
            return forward(input);
        }
    }
}
