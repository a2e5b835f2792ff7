using AudioCraft.Codecs;

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

    /// <exception cref="ArgumentException">The name or a parameter is not known.</exception>
    internal void Validate()
    {
        if (!ParameterOf.TryGetValue(Name, out var parameter))
        {
            throw new ArgumentException($"Activation '{Name}' is not known; known are {string.Join(", ", ParameterOf.Keys)}.");
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
