using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Named values of one step, or their means over several steps, in the order in which names were first added.</summary>
public sealed class StepMetrics
{
    private readonly OrderedDictionary<string, (double Sum, double Count)> values = new(StringComparer.Ordinal);

    /// <summary>The mean of each value.</summary>
    public IReadOnlyDictionary<string, double> Means =>
        new OrderedDictionary<string, double>(values.Select(v => KeyValuePair.Create(v.Key, v.Value.Sum / v.Value.Count)), StringComparer.Ordinal);

    /// <summary>Adds a value.</summary>
    /// <param name="name">Letters, digits and any of <c>_ . - /</c>: it becomes the name of a column.</param>
    /// <param name="value">The value.</param>
    /// <param name="weight">Weight in the mean, above 0.</param>
    /// <exception cref="ArgumentException">The name has other characters, or the weight is not above 0.</exception>
    public void Add(string name, double value, double weight = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '/'))
        {
            throw new ArgumentException($"'{name}' is not a valid metric name: letters, digits and _ . - / were expected.", nameof(name));
        }

        if (!(weight > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The weight of a value must be above 0.");
        }

        values.TryGetValue(name, out var so);
        values[name] = (so.Sum + (value * weight), so.Count + weight);
    }

    /// <summary>Adds the value of a scalar tensor. The caller keeps ownership.</summary>
    /// <param name="name">Name of the value.</param>
    /// <param name="value">A tensor of one element.</param>
    /// <param name="weight">Weight in the mean, above 0.</param>
    public void Add(string name, Tensor value, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var guard = no_grad();
        using var plain = value.detach();
        using var number = plain.to(ScalarType.Float64);
        Add(name, number.item<double>(), weight);
    }

    /// <summary>Adds all values of another instance.</summary>
    internal void AddAll(StepMetrics other)
    {
        foreach (var (name, (sum, count)) in other.values)
        {
            values.TryGetValue(name, out var so);
            values[name] = (so.Sum + sum, so.Count + count);
        }
    }

    internal void Clear() => values.Clear();

    /// <summary>The first value that is not finite, or null.</summary>
    internal string? FirstNotFinite() => values.FirstOrDefault(v => !double.IsFinite(v.Value.Sum)).Key;

    internal IEnumerable<(string Name, double Sum, double Count)> Sums => values.Select(v => (v.Key, v.Value.Sum, v.Value.Count));

    internal void Restore(string name, double sum, double count) => values[name] = (sum, count);
}
