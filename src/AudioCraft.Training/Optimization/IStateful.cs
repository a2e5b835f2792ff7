using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Something whose state belongs into a training checkpoint: tensors that are overwritten in place on restoring, and numbers.</summary>
public interface IStateful
{
    /// <summary>The tensors themselves, by name: they are written from, and read into. Their names and shapes depend on how the object was made, not on what it has done.</summary>
    IReadOnlyDictionary<string, Tensor> StateTensors();

    /// <summary>Counters and other numbers, by name.</summary>
    IReadOnlyDictionary<string, double> StateNumbers();

    /// <summary>Takes back what <see cref="StateNumbers"/> gave.</summary>
    /// <exception cref="CheckpointException">A number is missing or out of range.</exception>
    void RestoreNumbers(IReadOnlyDictionary<string, double> numbers);
}

/// <summary>Reads numbers that come from a file.</summary>
internal static class StatefulNumbers
{
    private const double LargestCount = 1L << 53;

    /// <exception cref="CheckpointException">There is no such number, or it is not finite.</exception>
    public static double Value(IReadOnlyDictionary<string, double> numbers, string name) =>
        numbers.TryGetValue(name, out var value) && double.IsFinite(value)
            ? value
            : throw new CheckpointException($"The state of the training lacks the number '{name}', or it is not finite.");

    /// <exception cref="CheckpointException">There is no such number, or it is no count.</exception>
    public static long Count(IReadOnlyDictionary<string, double> numbers, string name) =>
        Value(numbers, name) is >= 0 and <= LargestCount and var value && Math.Floor(value) == value
            ? (long)value
            : throw new CheckpointException($"The state of the training has {numbers[name]} as its '{name}'; a whole number of 0 or more was expected.");
}
