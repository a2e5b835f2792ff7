using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>The input of the transformer, including prepended conditions.</summary>
/// <param name="Input">[B, T, dim].</param>
/// <param name="Padding">Number of padding positions at the start of each row; null without padding.</param>
internal readonly record struct FusedInput(Tensor Input, IReadOnlyList<long>? Padding);

/// <summary>The source of cross-attention.</summary>
/// <param name="Embeddings">[B, Tc, dim].</param>
/// <param name="Mask">Additive mask [B, 1, 1, Tc], or null without padding.</param>
internal readonly record struct CrossSource(Tensor Embeddings, Tensor? Mask);

/// <summary>
/// Combines conditions with the transformer's input (<c>ConditionFuser</c> of audiocraft/modules/conditioners.py). The configuration lists by name which conditions
/// are added to every step, interpolated over the sequence and added, prepended to it, or read by cross-attention. They are applied in their own order.
/// </summary>
/// <remarks>If items have different lengths, each row gives the same result as alone: its padding comes first, before the prepended conditions.</remarks>
/// <param name="crossConditions">Names of the conditions that cross-attention reads.</param>
/// <param name="prependConditions">Names of the conditions that are prepended to the sequence.</param>
/// <param name="sumConditions">Names of the conditions that are added to every step.</param>
/// <param name="interpolatedConditions">Names of the conditions that are interpolated over the sequence and added to it.</param>
/// <param name="crossPositionScale">Scale of the sinusoidal positions that are added to the source of cross-attention; null for none.</param>
internal sealed class ConditionFuser(
    IEnumerable<string> crossConditions, IEnumerable<string> prependConditions, IEnumerable<string> sumConditions, IEnumerable<string> interpolatedConditions,
    double? crossPositionScale)
{
    private readonly HashSet<string> cross = [.. crossConditions];
    private readonly HashSet<string> prepend = [.. prependConditions];
    private readonly HashSet<string> sum = [.. sumConditions];
    private readonly HashSet<string> interpolate = [.. interpolatedConditions];

    /// <summary>Whether the condition is added to every step.</summary>
    public bool ActsOnEveryStep(ConditionTensor condition) => sum.Contains(condition.Name) || interpolate.Contains(condition.Name);

    /// <summary>Whether the condition changes the transformer's input.</summary>
    public bool ActsOnInput(ConditionTensor condition) => ActsOnEveryStep(condition) || prepend.Contains(condition.Name);

    /// <summary>Number of positions that the conditions prepend to the sequence.</summary>
    public long PrefixLength(ConditionTensors conditions) => PrefixLengths(conditions).DefaultIfEmpty().Max();

    /// <summary>Number of padding positions at the start of each row of the sequence with its prefix; null without padding.</summary>
    public IReadOnlyList<long>? Padding(ConditionTensors conditions)
    {
        var longest = PrefixLength(conditions);
        var padding = PrefixLengths(conditions).Select(length => longest - length).ToList();
        return padding.TrueForAll(n => n == 0) ? null : padding;
    }

    /// <summary>Combines the input [B, T, dim] with the conditions.</summary>
    /// <param name="input">The next steps of the sequence, or all.</param>
    /// <param name="conditions">The conditions; those of cross-attention are ignored.</param>
    /// <param name="isFirst">Whether the input is the start of the sequence, to which conditions are prepended.</param>
    /// <exception cref="ArgumentException">A condition that is added to every step has neither one position nor as many as the input.</exception>
    public FusedInput Fuse(Tensor input, ConditionTensors conditions, bool isFirst)
    {
        var fused = new FusedInput(input, null);
        foreach (var condition in conditions.Items)
        {
            if (sum.Contains(condition.Name))
            {
                fused = fused with { Input = fused.Input.add(Summand(condition, fused), Scalars.One) };
            }
            else if (interpolate.Contains(condition.Name))
            {
                fused = fused with { Input = fused.Input.add(Stretched(condition, fused), Scalars.One) };
            }
            else if (prepend.Contains(condition.Name) && isFirst)
            {
                fused = Prepended(condition, fused);
            }
        }

        return fused;
    }

    /// <summary>The source of cross-attention: the conditions concatenated; null without such conditions.</summary>
    public CrossSource? Cross(ConditionTensors conditions)
    {
        var read = conditions.Items.Where(condition => cross.Contains(condition.Name)).ToList();
        if (read.Count == 0)
        {
            return null;
        }

        var ragged = read.Exists(condition => condition.IsRagged);
        var source = ragged ? default : new CrossSource(read.Count == 1 ? read[0].Embeddings : cat([.. read.Select(condition => condition.Embeddings)], 1), null);
        return WithPositions(ragged ? Compacted(read) : source);
    }

    private IEnumerable<long> PrefixLengths(ConditionTensors conditions)
    {
        var before = conditions.Items.Where(condition => prepend.Contains(condition.Name)).ToList();
        return before.Count == 0 ? [] : Enumerable.Range(0, before[0].Lengths.Count).Select(row => before.Sum(condition => condition.Lengths[row]));
    }

    private CrossSource WithPositions(CrossSource source)
    {
        if (crossPositionScale is not { } scale)
        {
            return source;
        }

        var (embeddings, _) = source;
        var positions = SinusoidalPositions.Create(0, embeddings.size(1), embeddings.size(2), 10_000, embeddings.dtype, embeddings.device);
        using Scalar factor = scale;
        return source with { Embeddings = embeddings.add(positions.mul(factor), Scalars.One) };
    }

    // The valid positions of each row, followed by padding, which the mask hides.
    private static CrossSource Compacted(List<ConditionTensor> read)
    {
        if (read.Count == 1)
        {
            var only = read[0];
            var most = Math.Max(1, only.Lengths.Max());
            return new CrossSource(only.Embeddings.narrow(1, 0, most), HidePadding(only.Lengths, most, only.Embeddings));
        }

        var rows = Enumerable.Range(0, read[0].Lengths.Count)
            .Select(row => cat([.. read.Select(condition => condition.Embeddings.select(0, row).narrow(0, 0, condition.Lengths[row]))], 0)).ToList();
        var longest = Math.Max(1, rows.Max(row => row.size(0)));
        var like = read[0].Embeddings;
        var padded = stack(rows.Select(row => cat([row, Zeros(longest - row.size(0), like)], 0)));
        return new CrossSource(padded, HidePadding([.. rows.Select(row => row.size(0))], longest, like));
    }

    private static Tensor HidePadding(IReadOnlyList<long> lengths, long longest, Tensor like)
    {
        var mask = new float[lengths.Count * longest];
        for (var r = 0; r < lengths.Count; r++)
        {
            // A row without a valid position reads one position of zeros: softmax over no position is NaN.
            var length = Math.Max(1, lengths[r]);
            mask.AsSpan((int)((r * longest) + length), (int)(longest - length)).Fill(float.NegativeInfinity);
        }

        return tensor(mask, [lengths.Count, 1, 1, longest], dtype: like.dtype, device: like.device);
    }

    private static Tensor Summand(ConditionTensor condition, FusedInput fused)
    {
        var (positions, steps) = (condition.Embeddings.size(1), fused.Input.size(1));
        return positions == 1 || (positions == steps && fused.Padding is null)
            ? condition.Embeddings
            : throw new ArgumentException($"Condition '{condition.Name}' is added to every step and has {positions} positions; 1 is expected, or as many as the {steps} steps.");
    }

    private static Tensor Stretched(ConditionTensor condition, FusedInput fused)
    {
        var steps = fused.Input.size(1);
        if (!condition.IsRagged && fused.Padding is null)
        {
            return Stretch(condition.Embeddings, 1, steps);
        }

        return stack(Enumerable.Range(0, condition.Lengths.Count).Select(row =>
        {
            var padding = fused.Padding?[row] ?? 0;
            var own = condition.Embeddings.select(0, row).narrow(0, 0, Math.Max(1, condition.Lengths[row]));
            return cat([Zeros(padding, own), Stretch(own, 0, steps - padding)], 0);
        }));
    }

    /// <summary>Nearest-neighbor interpolation to <paramref name="count"/> positions, with the float32 arithmetic of PyTorch's <c>interpolate</c>.</summary>
    private static Tensor Stretch(Tensor values, int dim, long count)
    {
        var length = values.size(dim);
        if (length == count)
        {
            return values;
        }

        var scale = (float)length / count;
        var index = new long[count];
        for (var i = 0L; i < count; i++)
        {
            index[i] = count == 2 * length ? i / 2 : Math.Min((long)MathF.Floor(i * scale), length - 1);
        }

        return values.index_select(dim, tensor(index, device: values.device));
    }

    private static FusedInput Prepended(ConditionTensor condition, FusedInput fused)
    {
        if (!condition.IsRagged && fused.Padding is null)
        {
            return fused with { Input = cat([condition.Embeddings, fused.Input], 1) };
        }

        var steps = fused.Input.size(1);
        var own = Enumerable.Range(0, condition.Lengths.Count).Select(row => steps - (fused.Padding?[row] ?? 0)).ToList();
        var total = own.Zip(condition.Lengths, (now, more) => now + more).Max();
        var padding = own.Zip(condition.Lengths, (now, more) => total - now - more).ToList();
        var rows = own.Select((now, row) => cat(
            [
                Zeros(padding[row], fused.Input),
                condition.Embeddings.select(0, row).narrow(0, 0, condition.Lengths[row]),
                fused.Input.select(0, row).narrow(0, steps - now, now),
            ],
            0));
        return new FusedInput(stack(rows), padding.TrueForAll(n => n == 0) ? null : padding);
    }

    private static Tensor Zeros(long count, Tensor like) => zeros([count, like.size(-1)], dtype: like.dtype, device: like.device);
}
