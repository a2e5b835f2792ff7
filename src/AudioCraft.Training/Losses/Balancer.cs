using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// EnCodec's loss balancer (Défossez et al. 2022, section 3.4; audiocraft/losses/balancer.py): the gradient of each loss at the output of the model is
/// scaled by a moving average of its norm, so that the weights are shares of the gradient, independent of the scale of the losses:
/// <c>G = Σ totalNorm · gᵢ / avg(‖gᵢ‖) · wᵢ / Σ w</c>.
/// A loss may be absent in some steps: its average is kept, and the shares are those of the present losses (upstream fails).
/// </summary>
public sealed class Balancer : IStateful
{
    private readonly Dictionary<string, double> weights;
    private readonly bool balanceGrads;
    private readonly double totalNorm;
    private readonly double emaDecay;
    private readonly bool perBatchItem;
    private readonly double epsilon;
    private readonly bool monitor;
    private readonly Dictionary<string, (double Total, double Count)> averages = new(StringComparer.Ordinal);

    /// <summary>Creates a balancer.</summary>
    /// <param name="weights">Weight of each loss by name, not negative.</param>
    /// <param name="balanceGrads">Whether gradients are scaled; otherwise they are added with the unchanged weights.</param>
    /// <param name="totalNorm">The norm that gradients are scaled to; 0 means 1, as upstream.</param>
    /// <param name="emaDecay">Decay of the average of the norms, 0 to 1; both 0 and 1 give the mean of all steps, as upstream.</param>
    /// <param name="perBatchItem">Whether the norm is the mean of the norms of the items; otherwise that of the whole batch.</param>
    /// <param name="epsilon">Added to norms.</param>
    /// <param name="monitor">Whether <see cref="Metrics"/> are kept.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public Balancer(
        IReadOnlyDictionary<string, double> weights, bool balanceGrads = true, double totalNorm = 1.0, double emaDecay = 0.999,
        bool perBatchItem = true, double epsilon = 1e-12, bool monitor = false)
    {
        ArgumentNullException.ThrowIfNull(weights);
        foreach (var (name, weight) in weights)
        {
            if (!(weight >= 0) || !double.IsFinite(weight))
            {
                throw new ArgumentException($"The weight of '{name}' is {weight}; a finite number that is not negative was expected.", nameof(weights));
            }
        }

        if (!(emaDecay >= 0) || !(emaDecay <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(emaDecay), emaDecay, "The decay is from 0 to 1.");
        }

        if (!(totalNorm >= 0) || !double.IsFinite(totalNorm))
        {
            throw new ArgumentOutOfRangeException(nameof(totalNorm), totalNorm, "The norm is finite and not negative.");
        }

        if (!(epsilon >= 0) || !double.IsFinite(epsilon))
        {
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Epsilon is finite and not negative.");
        }

        this.weights = new Dictionary<string, double>(weights, StringComparer.Ordinal);
        this.balanceGrads = balanceGrads;
        this.totalNorm = totalNorm == 0 ? 1 : totalNorm;
        this.emaDecay = emaDecay == 0 ? 1 : emaDecay;
        this.perBatchItem = perBatchItem;
        this.epsilon = epsilon;
        this.monitor = monitor;
    }

    /// <summary>With <c>monitor</c>, after a step: <c>ratio_NAME</c>, the share of each loss in the sum of the average norms before scaling. Otherwise empty.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; private set; } = new Dictionary<string, double>();

    /// <summary>
    /// Computes the gradient of each loss with respect to <paramref name="input"/>, balances them, and propagates the result through the graph of
    /// <paramref name="input"/>, which is freed.
    /// </summary>
    /// <param name="losses">Scalars by name, computed from <paramref name="input"/>.</param>
    /// <param name="input">The output of the model, [B, …]. The losses depend on the model only through it.</param>
    /// <param name="other">A scalar that is not balanced, such as the penalty of a quantizer, included in the same backward pass; null for none.</param>
    /// <returns>The loss with the effective weights, without <paramref name="other"/>: a scalar without gradient, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">A loss has no weight or is no scalar with a gradient, no loss has a weight above 0, or <paramref name="input"/> needs no gradient.</exception>
    public Tensor Backward(IReadOnlyDictionary<string, Tensor> losses, Tensor input, Tensor? other = null)
    {
        ArgumentNullException.ThrowIfNull(losses);
        ArgumentNullException.ThrowIfNull(input);
        Check(losses, input);
        using var scope = NewDisposeScope();
        var names = losses.Keys.ToList();
        var gradients = names.ToDictionary(name => name, name => Gradient(name, losses[name], input));
        using var guard = no_grad();
        var norms = names.ToDictionary(name => name, name => Average(name, Norm(gradients[name])));
        var sum = norms.Values.Sum();
        Metrics = monitor ? names.ToDictionary(name => $"ratio_{name}", name => norms[name] / sum) : new Dictionary<string, double>();

        var totalWeight = names.Sum(name => weights[name]);
        var combined = zeros_like(input);
        var effective = zeros([], input.dtype, input.device);
        foreach (var name in names)
        {
            var scale = balanceGrads ? weights[name] / totalWeight * totalNorm / (epsilon + norms[name]) : weights[name];
            using Scalar factor = scale;
            combined.add_(gradients[name], factor);
            effective.add_(losses[name].detach().reshape([]), factor);
        }

        if (other is { requires_grad: true })
        {
            autograd.backward([input, other], [combined, ones_like(other)]);
        }
        else
        {
            autograd.backward(input, combined);
        }

        return effective.MoveToOuterDisposeScope();
    }

    /// <summary>Empty: the averages are numbers.</summary>
    public IReadOnlyDictionary<string, Tensor> StateTensors() => new Dictionary<string, Tensor>();

    /// <summary>The averages so far: for each loss the decayed sum of its norms, <c>NAME.total</c>, and of the steps with this loss, <c>NAME.count</c>.</summary>
    public IReadOnlyDictionary<string, double> StateNumbers() => weights.Keys
        .SelectMany(name => new[] { ($"{name}.total", averages.GetValueOrDefault(name).Total), ($"{name}.count", averages.GetValueOrDefault(name).Count) })
        .ToDictionary(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void RestoreNumbers(IReadOnlyDictionary<string, double> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var restored = weights.Keys
            .Select(name => (Name: name, Total: StatefulNumbers.Value(numbers, $"{name}.total"), Count: StatefulNumbers.Value(numbers, $"{name}.count")))
            .ToList();
        averages.Clear();
        restored.ForEach(average => averages.Add(average.Name, (average.Total, average.Count)));
    }

    private void Check(IReadOnlyDictionary<string, Tensor> losses, Tensor input)
    {
        if (!input.requires_grad)
        {
            throw new ArgumentException("The input needs no gradient, so nothing can be trained.", nameof(input));
        }

        foreach (var (name, loss) in losses)
        {
            if (!weights.ContainsKey(name))
            {
                throw new ArgumentException($"Loss '{name}' has no weight; there are weights for {string.Join(", ", weights.Keys)}.", nameof(losses));
            }

            // Autograd errors of these are not caught by TorchSharp and would end the process.
            if (loss.numel() != 1 || !loss.requires_grad)
            {
                throw new ArgumentException($"Loss '{name}' is {AudioShape.Text(loss)}{(loss.requires_grad ? "" : " without a gradient")}; a scalar with one was expected.", nameof(losses));
            }
        }

        if (!(losses.Keys.Sum(name => weights[name]) > 0))
        {
            throw new ArgumentException($"None of the losses {string.Join(", ", losses.Keys)} has a weight above 0.", nameof(losses));
        }
    }

    private static Tensor Gradient(string name, Tensor loss, Tensor input)
    {
        // The graph is kept: losses share parts of it, and the backward pass through the input follows.
        var gradient = autograd.grad([loss], [input], retain_graph: true, allow_unused: true)[0];
        return gradient is null || gradient.IsInvalid
            ? throw new ArgumentException($"Loss '{name}' does not depend on the input.", nameof(loss))
            : gradient;
    }

    private double Norm(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var norm = perBatchItem && gradient.dim() > 0 ? gradient.reshape(gradient.size(0), -1).norm(1).mean() : gradient.norm();
        return norm.to(ScalarType.Float64).item<double>();
    }

    private double Average(string name, double norm)
    {
        var (total, count) = averages.GetValueOrDefault(name);
        averages[name] = (total, count) = ((total * emaDecay) + norm, (count * emaDecay) + 1);
        return total / count;
    }
}
