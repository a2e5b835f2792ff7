using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Limits on gradients.</summary>
public static class GradientClipping
{
    /// <summary>Scales all gradients by one factor so that their Euclidean norm, taken together, is at most <paramref name="maximum"/>, as PyTorch's <c>clip_grad_norm_</c>.</summary>
    /// <param name="parameters">Parameters; those without a gradient are ignored.</param>
    /// <param name="maximum">Maximum norm, above 0; with infinity, gradients are not changed.</param>
    /// <returns>The norm before clipping.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximum"/> is not above 0.</exception>
    public static double ByNorm(IEnumerable<Tensor> parameters, double maximum)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(maximum > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(maximum), maximum, $"The largest norm of the gradients is {maximum}; a value above 0 was expected.");
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var gradients = parameters.Select(p => p.grad).OfType<Tensor>().ToList();
        if (gradients.Count == 0)
        {
            return 0;
        }

        using var norms = stack(gradients.Select(g => g.norm()).ToList(), 0);
        var norm = norms.norm().to(ScalarType.Float64).item<double>();
        var factor = maximum / (norm + 1e-6);
        if (factor < 1)
        {
            using Scalar scale = factor;
            foreach (var gradient in gradients)
            {
                gradient.mul_(scale);
            }
        }

        return norm;
    }
}
