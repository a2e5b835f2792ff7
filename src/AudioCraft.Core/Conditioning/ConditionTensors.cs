using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>What one condition says about each item of a batch.</summary>
/// <param name="Name">Name of the condition, such as <c>description</c>.</param>
/// <param name="Embeddings">[B, T, dim]; zero at positions past an item's length. Not taken over.</param>
/// <param name="Lengths">
/// Positions of each item that belong to it, 0 to T; 0 for an item of which the condition says nothing. Generation heeds them, so that an item is as if alone;
/// <see cref="LMModel.forward(Tensor, ConditionTensors)"/> reads every position, as upstream does and was trained.
/// </param>
public sealed record ConditionTensor(string Name, Tensor Embeddings, IReadOnlyList<long> Lengths)
{
    /// <summary>A condition of which every position counts.</summary>
    public ConditionTensor(string name, Tensor embeddings) : this(name, embeddings, Whole(embeddings))
    {
    }

    /// <summary>Whether some items are shorter than others.</summary>
    internal bool IsRagged => Lengths.Any(length => length != Embeddings.size(1));

    /// <summary>A condition with its mask as a conditioner gives it.</summary>
    /// <param name="name">Name of the condition.</param>
    /// <param name="embeddings">[B, T, dim]. Not taken over.</param>
    /// <param name="mask">[B, T], not zero where a position counts; an item's length reaches to its last such position. Not taken over.</param>
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
        var counts = mask.ne(0).cpu().contiguous().data<bool>().ToArray();
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

/// <summary>What the conditions of a batch say, in an order that counts: of two conditions that are put before the sequence, the later comes first.</summary>
public readonly record struct ConditionTensors
{
    private readonly ConditionTensor[]? items;

    /// <summary>Puts conditions together.</summary>
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

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Items.Count == 0;

    /// <summary>Whether no condition says anything about an item, so that guidance has nothing to follow.</summary>
    internal bool IsNull(int item) => Items.All(condition => condition.Lengths[item] == 0);

    /// <summary>What is said of some of the items. The tensors are views, in the caller's dispose scope.</summary>
    internal ConditionTensors Rows(int from, int count) => new([.. Items.Select(condition =>
        new ConditionTensor(condition.Name, condition.Embeddings.narrow(0, from, count), [.. condition.Lengths.Skip(from).Take(count)]))]);

    /// <summary>The same in an element type. The tensors are in the caller's dispose scope.</summary>
    internal ConditionTensors To(ScalarType type) => new([.. Items.Select(condition => condition with { Embeddings = condition.Embeddings.to(type) })]);

    /// <summary>The same with every position counting.</summary>
    internal ConditionTensors Whole() => new([.. Items.Select(condition => new ConditionTensor(condition.Name, condition.Embeddings))]);
}
