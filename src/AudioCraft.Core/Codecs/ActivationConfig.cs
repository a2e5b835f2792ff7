using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft;

/// <summary>A point-wise function, identified by the name of its PyTorch module as in configuration files.</summary>
/// <param name="Name">ELU, LeakyReLU, ReLU, Tanh, Sigmoid, SiLU, GELU or Identity.</param>
/// <param name="Parameters">Its parameters by PyTorch's names, for instance <c>alpha</c>; those left out have PyTorch's defaults.</param>
public sealed record ActivationConfig(string Name, IReadOnlyDictionary<string, double>? Parameters = null)
{
    private static readonly Dictionary<string, string?> ParameterOf = new()
    {
        ["ELU"] = "alpha",
        ["LeakyReLU"] = "negative_slope",
        ["ReLU"] = null,
        ["Tanh"] = null,
        ["Sigmoid"] = null,
        ["SiLU"] = null,
        ["GELU"] = null,
        ["Identity"] = null,
    };

    /// <summary>EnCodec's: ELU with α = 1.</summary>
    public static ActivationConfig Elu { get; } = new("ELU");

    /// <summary>A parameter's value, or PyTorch's default.</summary>
    internal double Parameter(string name, double otherwise) => Parameters is not null && Parameters.TryGetValue(name, out var value) ? value : otherwise;

    /// <summary>Applies the function to each element. The input is left unchanged.</summary>
    /// <param name="input">A floating-point tensor of any shape.</param>
    /// <returns>A tensor of the same shape, which may be a view of the input for Identity. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The function or a parameter is unknown, or a parameter is not finite.</exception>
    public Tensor Apply(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        switch (Name)
        {
            case "ELU":
                using (Scalar alpha = Parameter("alpha", 1.0))
                {
                    return input.elu(alpha, Scalars.One, Scalars.One);
                }

            case "LeakyReLU":
                using (Scalar slope = Parameter("negative_slope", 0.01))
                {
                    return input.leaky_relu(slope);
                }

            case "ReLU":
                return input.relu();
            case "Tanh":
                return input.tanh();
            case "Sigmoid":
                return input.sigmoid();
            case "SiLU":
                return functional.silu(input);
            case "GELU":
                return functional.gelu(input);
            default:
                Validate();
                return input.alias();
        }
    }

    /// <summary>Checks the name and the parameters.</summary>
    /// <exception cref="ArgumentException">The function or a parameter is unknown, or a parameter is not finite.</exception>
    public void Validate()
    {
        if (!ParameterOf.TryGetValue(Name, out var parameter))
        {
            throw new ArgumentException($"Activation '{Name}' is unknown; the known ones are {string.Join(", ", ParameterOf.Keys)}.");
        }

        foreach (var (name, value) in Parameters ?? new Dictionary<string, double>())
        {
            // PyTorch's `inplace` changes no result.
            if (name != parameter && name != "inplace")
            {
                throw new ArgumentException($"Activation {Name} has no parameter '{name}'.");
            }

            if (!double.IsFinite(value))
            {
                throw new ArgumentException($"Activation {Name}: '{name}' is {value}, a finite number was expected.");
            }
        }
    }
}
