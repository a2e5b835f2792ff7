using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// The exponential moving average of a module's parameters and buffers (audiocraft/optim/ema.py): usually better than the weights of a single step.
/// Integer buffers are not averaged.
/// </summary>
public sealed class WeightAverage : IStateful, IDisposable
{
    private readonly Dictionary<string, (Tensor Own, Tensor Average)> weights = new(StringComparer.Ordinal);
    private readonly double decay;
    private readonly bool unbiased;
    private double count;

    /// <param name="module">The module. Do not move it to another device afterwards, which would replace its parameters.</param>
    /// <param name="decay">Decay of the average, 0 to less than 1.</param>
    /// <param name="unbiased">Whether the average starts at the weights of the first update instead of the initial ones.</param>
    /// <param name="include">Whether a parameter or buffer is averaged, by its name; null for all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="decay"/> is out of range.</exception>
    public WeightAverage(nn.Module module, double decay = 0.999, bool unbiased = true, Func<string, bool>? include = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (!(decay is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), decay, $"The decay of the average is {decay}; 0 to less than 1 was expected.");
        }

        this.decay = decay;
        this.unbiased = unbiased;
        using var guard = no_grad();
        foreach (var (name, own) in module.state_dict())
        {
            if (own.is_floating_point() && include?.Invoke(name) != false)
            {
                weights.Add(name, (own, own.clone().DetachFromDisposeScope()));
            }
        }
    }

    /// <summary>The averages by name. This object keeps ownership.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights => weights.ToDictionary(w => w.Key, w => w.Value.Average, StringComparer.Ordinal);

    /// <summary>Adds the current weights to the average; call it after each step of the optimizer.</summary>
    public void Update()
    {
        count = (count * decay) + 1;
        var share = unbiased ? 1 / count : 1 - decay;
        using Scalar kept = 1 - share, added = share;
        using var guard = no_grad();
        foreach (var (own, average) in weights.Values)
        {
            average.mul_(kept).add_(own, added);
        }
    }

    /// <summary>Puts the averages into the module until the result is disposed, which restores the weights exactly.</summary>
    public IDisposable Swap()
    {
        Exchange();
        return new Swapped(this);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> StateTensors() => Weights;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> StateNumbers() => new Dictionary<string, double> { ["count"] = count };

    /// <inheritdoc/>
    public void RestoreNumbers(IReadOnlyDictionary<string, double> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        count = StatefulNumbers.Value(numbers, "count");
    }

    /// <summary>Releases the averages.</summary>
    public void Dispose()
    {
        foreach (var (_, average) in weights.Values)
        {
            average.Dispose();
        }

        weights.Clear();
    }

    private void Exchange()
    {
        using var guard = no_grad();
        foreach (var (own, average) in weights.Values)
        {
            using var kept = own.clone();
            own.copy_(average);
            average.copy_(kept);
        }
    }

    private sealed class Swapped(WeightAverage owner) : IDisposable
    {
        private WeightAverage? owner = owner;

        public void Dispose()
        {
            owner?.Exchange();
            owner = null;
        }
    }
}
