using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>A sequence with what the conditions put before it.</summary>
/// <param name="Input">[B, T, dim].</param>
/// <param name="Padding">For each row, how many positions at its start hold nothing; null where none do.</param>
internal readonly record struct FusedInput(Tensor Input, IReadOnlyList<long>? Padding);

/// <summary>What cross attention reads.</summary>
/// <param name="Embeddings">[B, Tc, dim].</param>
/// <param name="Mask">Additive mask [B, 1, 1, Tc], or null where every position is read.</param>
internal readonly record struct CrossSource(Tensor Embeddings, Tensor? Mask);

/// <summary>
/// Brings conditions and the transformer's input together (<c>ConditionFuser</c> of audiocraft/modules/conditioners.py): conditions are added to every step,
/// stretched over the sequence and added, put before it, or read by cross attention; which, the configuration says by name. They act in their own order.
/// </summary>
/// <remarks>Where items have different lengths, a row is what it would be alone: what comes before it ends where it begins, with the padding in front.</remarks>
internal sealed class ConditionFuser(LMConfig config)
{
    private readonly HashSet<string> cross = [.. config.CrossConditions];
    private readonly HashSet<string> prepend = [.. config.PrependConditions];
    private readonly HashSet<string> sum = [.. config.SumConditions];
    private readonly HashSet<string> interpolate = [.. config.InterpolatedConditions];

    /// <summary>Whether steps after the first depend on the condition.</summary>
    public bool ActsOnEveryStep(ConditionTensor condition) => sum.Contains(condition.Name) || interpolate.Contains(condition.Name);

    /// <summary>Whether the condition changes the transformer's input.</summary>
    public bool ActsOnInput(ConditionTensor condition) => ActsOnEveryStep(condition) || prepend.Contains(condition.Name);

    /// <summary>By how many positions the conditions lengthen the sequence.</summary>
    public long PrefixLength(ConditionTensors conditions) => PrefixLengths(conditions).DefaultIfEmpty().Max();

    /// <summary>For each row, how many positions at the start of the lengthened sequence hold nothing; null where none do.</summary>
    public IReadOnlyList<long>? Padding(ConditionTensors conditions)
    {
        var longest = PrefixLength(conditions);
        var padding = PrefixLengths(conditions).Select(length => longest - length).ToList();
        return padding.TrueForAll(n => n == 0) ? null : padding;
    }

    /// <summary>The input [B, T, dim] with the conditions in it.</summary>
    /// <param name="input">The next steps of the sequence, or all.</param>
    /// <param name="conditions">The conditions; those of cross attention are passed over.</param>
    /// <param name="isFirst">Whether the sequence begins here: only then is anything put before it.</param>
    /// <exception cref="ArgumentException">A condition that is added to every step has several positions, and not as many as there are steps.</exception>
    public FusedInput Fuse(Tensor input, ConditionTensors conditions, bool isFirst)
    {
        var fused = new FusedInput(input, null);
        foreach (var condition in conditions.Items)
        {
            if (sum.Contains(condition.Name))
            {
                fused = fused with { Input = fused.Input + Summand(condition, fused) };
            }
            else if (interpolate.Contains(condition.Name))
            {
                fused = fused with { Input = fused.Input + Stretched(condition, fused) };
            }
            else if (prepend.Contains(condition.Name) && isFirst)
            {
                fused = Prepended(condition, fused);
            }
        }

        return fused;
    }

    /// <summary>What cross attention reads: the conditions one after the other, or null where there are none.</summary>
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
        if (!config.CrossAttentionPositions)
        {
            return source;
        }

        var (embeddings, _) = source;
        var positions = SinusoidalPositions.Create(0, embeddings.size(1), embeddings.size(2), 10_000, embeddings.dtype, embeddings.device);
        return source with { Embeddings = embeddings + (positions * config.CrossAttentionPositionScale) };
    }

    // Each row's own positions one after the other, then padding, which the mask hides.
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
            // A row without any position reads one of zeros: attention over nothing is not a number.
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

    /// <summary>Takes the nearest earlier position for each of <paramref name="count"/>, as PyTorch's nearest interpolation does, in its float32 arithmetic.</summary>
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
