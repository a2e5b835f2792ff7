using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Settings of <see cref="AdamW"/>; the defaults are PyTorch's for AdamW, with no decay.</summary>
public sealed record AdamWOptions
{
    /// <summary>The learning rate, at least 0, before the schedule.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decay of the average of the gradients, 0 to less than 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the average of the squared gradients, 0 to less than 1.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the squares, at least 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay per update, as a factor of the learning rate; at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The largest norm of the gradients (<see cref="GradientClipping"/>), or null for no limit.</summary>
    public double? MaximumNorm { get; init; }

    /// <summary>Schedule of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    internal void Validate()
    {
        Require(LearningRate >= 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "0 or more");
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "0 to less than 1");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "0 to less than 1");
        Require(Epsilon >= 0, nameof(Epsilon), Epsilon, "0 or more");
        Require(WeightDecay >= 0, nameof(WeightDecay), WeightDecay, "0 or more");
        Require(MaximumNorm is null or > 0, nameof(MaximumNorm), MaximumNorm ?? 0, "above 0");
        ArgumentNullException.ThrowIfNull(Schedule);
    }

    private static void Require(bool condition, string name, double value, string expected)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(name, value, $"AdamW: {name} is {value}; {expected} was expected.");
        }
    }
}

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101; without decay it is Adam).
/// Unlike TorchSharp's optimizer, its state can be saved and restored exactly, and it includes schedule and gradient clipping.
/// Parameters must stay on their device: moving one creates another object.
/// </summary>
public sealed class AdamW : IStateful, IDisposable
{
    private readonly List<Slot> slots = [];

    /// <param name="parameters">Parameters by name; those that do not require a gradient are ignored.</param>
    /// <param name="options">The settings, or null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range, two parameters have the same name, or there are none.</exception>
    public AdamW(IEnumerable<(string Name, Parameter Parameter)> parameters, AdamWOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Options = options ?? new AdamWOptions();
        Options.Validate();
        using var guard = no_grad();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, parameter) in parameters)
        {
            if (!names.Add(name))
            {
                throw new ArgumentException($"Two parameters are named '{name}'.", nameof(parameters));
            }

            if (parameter.requires_grad)
            {
                slots.Add(new(name, parameter, zeros_like(parameter).DetachFromDisposeScope(), zeros_like(parameter).DetachFromDisposeScope()));
            }
        }

        if (slots.Count == 0)
        {
            throw new ArgumentException("No parameter requires a gradient.", nameof(parameters));
        }
    }

    /// <summary>The settings.</summary>
    public AdamWOptions Options { get; }

    /// <summary>Updates made so far.</summary>
    public long Updates { get; private set; }

    /// <summary>The trained parameters.</summary>
    public IEnumerable<Parameter> Parameters => slots.Select(s => s.Parameter);

    /// <summary>The learning rate of the next update.</summary>
    public double LearningRate => Options.Schedule.RateOf(Updates, Options.LearningRate);

    /// <summary>Clips the gradients, updates every parameter with a gradient, and clears the gradients.</summary>
    /// <returns>The norm of the gradients before clipping.</returns>
    public double Step()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var norm = GradientClipping.ByNorm(Parameters, Options.MaximumNorm ?? double.PositiveInfinity);
        var rate = LearningRate;
        Updates++;

        // The averages start at zero; the corrections remove this bias.
        var correction = Math.Sqrt(1 - Math.Pow(Options.Beta2, Updates));
        var step = rate / (1 - Math.Pow(Options.Beta1, Updates));
        using Scalar decay = 1 - (rate * Options.WeightDecay), beta1 = Options.Beta1, beta2 = Options.Beta2, rest1 = 1 - Options.Beta1, rest2 = 1 - Options.Beta2;
        using Scalar divisor = correction, epsilon = Options.Epsilon, change = -step;
        foreach (var slot in slots)
        {
            using var parameterScope = NewDisposeScope();
            if (slot.Parameter.grad is not { } gradient)
            {
                continue;
            }

            if (Options.WeightDecay > 0)
            {
                slot.Parameter.mul_(decay);
            }

            slot.Average.mul_(beta1).add_(gradient, rest1);
            slot.Squares.mul_(beta2).addcmul_(gradient, gradient, rest2);
            var scale = slot.Squares.sqrt().div_(divisor).add_(epsilon, Scalars.One);
            slot.Parameter.addcdiv_(slot.Average, scale, change);
        }

        ZeroGradients();
        return norm;
    }

    /// <summary>Clears the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var slot in slots)
        {
            slot.Parameter.grad = null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> StateTensors() =>
        slots.SelectMany(s => new[] { (Name: s.Name + ".exp_avg", Value: s.Average), (Name: s.Name + ".exp_avg_sq", Value: s.Squares) })
            .ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> StateNumbers() => new Dictionary<string, double> { ["updates"] = Updates };

    /// <inheritdoc/>
    public void RestoreNumbers(IReadOnlyDictionary<string, double> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        Updates = StatefulNumbers.Count(numbers, "updates");
    }

    /// <summary>Releases the averages; the parameters belong to their module.</summary>
    public void Dispose()
    {
        foreach (var slot in slots)
        {
            slot.Average.Dispose();
            slot.Squares.Dispose();
        }

        slots.Clear();
    }

    private sealed record Slot(string Name, Parameter Parameter, Tensor Average, Tensor Squares);
}
