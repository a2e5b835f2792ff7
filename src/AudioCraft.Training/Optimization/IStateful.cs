using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>An object with state in a training checkpoint: tensors, which are restored in place, and numbers.</summary>
public interface IStateful
{
    /// <summary>The tensors by name, from which a checkpoint is written and into which it is read. Names and shapes do not change during training.</summary>
    IReadOnlyDictionary<string, Tensor> StateTensors();

    /// <summary>Counters and other numbers, by name.</summary>
    IReadOnlyDictionary<string, double> StateNumbers();

    /// <summary>Restores the numbers of <see cref="StateNumbers"/>.</summary>
    /// <exception cref="CheckpointException">A number is missing or out of range.</exception>
    void RestoreNumbers(IReadOnlyDictionary<string, double> numbers);
}

/// <summary>Reads numbers of a checkpoint.</summary>
internal static class StatefulNumbers
{
    private const double LargestCount = 1L << 53;

    /// <exception cref="CheckpointException">The number is missing or not finite.</exception>
    public static double Value(IReadOnlyDictionary<string, double> numbers, string name) =>
        numbers.TryGetValue(name, out var value) && double.IsFinite(value)
            ? value
            : throw new CheckpointException($"The state of the training lacks the number '{name}', or it is not finite.");

    /// <exception cref="CheckpointException">The number is missing or not a count.</exception>
    public static long Count(IReadOnlyDictionary<string, double> numbers, string name) =>
        Value(numbers, name) is >= 0 and <= LargestCount and var value && Math.Floor(value) == value
            ? (long)value
            : throw new CheckpointException($"The state of the training has {numbers[name]} as its '{name}'; a whole number of 0 or more was expected.");
}
