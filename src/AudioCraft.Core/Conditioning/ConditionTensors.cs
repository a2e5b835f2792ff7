using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>The embeddings of one condition for each item of a batch.</summary>
/// <param name="Name">Name of the condition, such as <c>description</c>.</param>
/// <param name="Embeddings">[B, T, dim]; zero at positions past an item's length. It remains the caller's.</param>
/// <param name="Lengths">
/// Number of valid positions of each item, 0 to T; 0 for an item without this condition. Generation masks the others, so that an item gives the same result as alone;
/// <see cref="LMModel.forward(Tensor, ConditionTensors)"/> reads every position, as upstream does in training.
/// </param>
public sealed record ConditionTensor(string Name, Tensor Embeddings, IReadOnlyList<long> Lengths)
{
    /// <summary>A condition of which every position is valid.</summary>
    public ConditionTensor(string name, Tensor embeddings) : this(name, embeddings, Whole(embeddings))
    {
    }

    /// <summary>Whether some items are shorter than others.</summary>
    internal bool IsRagged => Lengths.Any(length => length != Embeddings.size(1));

    /// <summary>Creates a condition from the embeddings and the mask of a conditioner.</summary>
    /// <param name="name">Name of the condition.</param>
    /// <param name="embeddings">[B, T, dim]. It remains the caller's.</param>
    /// <param name="mask">[B, T], nonzero at valid positions. The length of an item ends with its last valid position.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public static ConditionTensor WithMask(string name, Tensor embeddings, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(mask);
        if (embeddings.dim() != 3 || mask.dim() != 2 || mask.size(0) != embeddings.size(0) || mask.size(1) != embeddings.size(1))
        {
            throw new ArgumentException(
                $"Embeddings [B, T, dim] and a mask [B, T] are expected, not [{string.Join(", ", embeddings.shape)}] and [{string.Join(", ", mask.shape)}].", nameof(mask));
        }

        using var scope = NewDisposeScope();
        var (items, positions) = ((int)mask.size(0), (int)mask.size(1));
        var counts = mask.ne(Scalars.Zero).cpu().contiguous().data<bool>().ToArray();
        var lengths = new long[items];
        for (var i = 0; i < items; i++)
        {
            lengths[i] = counts.AsSpan(i * positions, positions).LastIndexOf(true) + 1;
        }

        return new ConditionTensor(name, embeddings, lengths);
    }

    private static long[] Whole(Tensor embeddings)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        var lengths = new long[embeddings.dim() == 3 ? embeddings.size(0) : 0];
        Array.Fill(lengths, embeddings.dim() == 3 ? embeddings.size(1) : 0);
        return lengths;
    }
}

/// <summary>The conditions of a batch, in order: of two prepended conditions, the later one comes first in the sequence.</summary>
public readonly record struct ConditionTensors
{
    private readonly ConditionTensor[]? items;

    /// <summary>Creates the set of conditions.</summary>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public ConditionTensors(params ConditionTensor[] conditions)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        if (conditions.Select(condition => condition.Name).Distinct().Count() != conditions.Length)
        {
            throw new ArgumentException($"A condition is given twice: {string.Join(", ", conditions.Select(condition => condition.Name))}.", nameof(conditions));
        }

        items = [.. conditions];
    }

    /// <summary>The conditions in order.</summary>
    public IReadOnlyList<ConditionTensor> Items => items ?? [];

    /// <summary>Whether the set is empty.</summary>
    public bool IsEmpty => Items.Count == 0;

    /// <summary>Whether an item has no condition, so that guidance has no effect.</summary>
    internal bool IsNull(int item) => Items.All(condition => condition.Lengths[item] == 0);

    /// <summary>The conditions of some items. The tensors are views in the caller's dispose scope.</summary>
    internal ConditionTensors Rows(int from, int count) => new([.. Items.Select(condition =>
        new ConditionTensor(condition.Name, condition.Embeddings.narrow(0, from, count), [.. condition.Lengths.Skip(from).Take(count)]))]);

    /// <summary>The conditions converted to an element type. The tensors are in the caller's dispose scope.</summary>
    internal ConditionTensors To(ScalarType type) => new([.. Items.Select(condition => condition with { Embeddings = condition.Embeddings.to(type) })]);

    /// <summary>The conditions with every position valid.</summary>
    internal ConditionTensors Whole() => new([.. Items.Select(condition => new ConditionTensor(condition.Name, condition.Embeddings))]);
}
