using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// The weights of several copies of a model as one vector: the parameters of all copies are views of it, and each copy has its own vector of gradients.
/// Copies can then be trained on several threads, and an optimizer updates one tensor instead of hundreds.
/// </summary>
internal sealed class SharedWeights : Module
{
    private readonly Parameter weights;
    private readonly List<(string Name, long From, long[] Shape)> layout = [];
    private readonly Tensor[] gradients;

    /// <param name="copies">The parameters of each copy by name, in the same order; the values are those of the first copy.</param>
    public SharedWeights(IReadOnlyList<IReadOnlyList<(string Name, Parameter Parameter)>> copies) : base(nameof(SharedWeights))
    {
        using var guard = no_grad();
        var total = 0L;
        foreach (var (name, parameter) in copies[0])
        {
            layout.Add((name, total, parameter.shape));
            total += parameter.numel();
        }

        var device = copies[0][0].Parameter.device;
        using var values = empty([total], dtype: ScalarType.Float32, device: device);
        foreach (var ((_, from, shape), (_, parameter)) in layout.Zip(copies[0]))
        {
            using var part = Part(values, from, shape);
            part.copy_(parameter);
        }

        weights = new Parameter(values.alias());
        weights.DetachFromDisposeScope();
        gradients = [.. copies.Select(_ => zeros([total], dtype: ScalarType.Float32, device: device).DetachFromDisposeScope())];
        for (var copy = 0; copy < copies.Count; copy++)
        {
            foreach (var ((_, from, shape), (_, parameter)) in layout.Zip(copies[copy]))
            {
                using var value = Part(values, from, shape);
                using var gradient = Part(gradients[copy], from, shape);
                parameter.set_(value);
                parameter.grad = gradient;
            }
        }

        RegisterComponents();
    }

    /// <summary>The vector that an optimizer updates.</summary>
    public Parameter Vector => weights;

    /// <summary>Sets all gradients to zero: before a step.</summary>
    public void ZeroGradients()
    {
        using var guard = no_grad();
        foreach (var gradient in gradients)
        {
            gradient.zero_();
        }
    }

    /// <summary>Sets the gradient of the vector to the sum of those of the copies.</summary>
    public void SumGradients()
    {
        using var guard = no_grad();
        for (var copy = 1; copy < gradients.Length; copy++)
        {
            gradients[0].add_(gradients[copy], Scalars.One);
        }

        weights.grad = gradients[0];
    }

    /// <summary>Views of a vector of this layout, by parameter name. The caller disposes them.</summary>
    public Dictionary<string, Tensor> Parts(Tensor vector) => layout.ToDictionary(part => part.Name, part => Part(vector, part.From, part.Shape), StringComparer.Ordinal);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var gradient in gradients)
            {
                gradient.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private static Tensor Part(Tensor vector, long from, long[] shape)
    {
        using var scope = NewDisposeScope();
        return vector.detach().narrow(0, from, shape.Aggregate(1L, (a, b) => a * b)).view(shape).MoveToOuterDisposeScope();
    }
}
