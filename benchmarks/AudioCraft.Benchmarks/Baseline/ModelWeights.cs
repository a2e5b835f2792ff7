using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>The weights of one of our models by name. The model keeps ownership of the tensors.</summary>
internal sealed class ModelWeights
{
    private readonly Dictionary<string, Tensor> tensors;

    public ModelWeights(nn.Module model) => tensors = model.state_dict();

    /// <summary>The tensor with this name.</summary>
    public Tensor this[string name] => tensors[name];

    /// <summary>Whether there is a tensor with this name.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>Copies a weight into a module's parameter.</summary>
    public void Load(Tensor? parameter, string name)
    {
        using var guard = no_grad();
        if (parameter is null || !parameter.shape.SequenceEqual(tensors[name].shape))
        {
            throw new InvalidOperationException($"{name} is [{string.Join(", ", tensors[name].shape)}], the baseline's parameter is not.");
        }

        parameter.copy_(tensors[name]);
    }

    /// <summary>Rows of a table [n, dim] for int64 indices of any shape.</summary>
    public static Tensor Lookup(Tensor table, Tensor indices) => table.index_select(0, indices.flatten()).view([.. indices.shape, table.size(1)]);

    /// <summary>
    /// Changes every one-dimensional parameter (biases, factors) and every Snake factor by up to a tenth at random, so that none is 0 or 1 and a comparison of results depends on each.
    /// </summary>
    public static void Perturb(nn.Module model)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (parameter.dim() == 1 || name.EndsWith("alpha", StringComparison.Ordinal))
            {
                parameter.add_(randn_like(parameter), alpha: 0.1);
            }
        }
    }
}
