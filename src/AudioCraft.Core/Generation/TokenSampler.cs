using System.Numerics;
using System.Runtime.InteropServices;

namespace AudioCraft.Generation;

/// <summary>
/// Chooses the next token from logits: the argmax, or a sample after top-k or top-p filtering (audiocraft/utils/utils.py).
/// It works on spans: for a few thousand logits that is faster than a few tensor operations, and it needs no <c>torch.Generator</c>.
/// </summary>
internal static class TokenSampler
{
    /// <summary>Chooses an index. <paramref name="logits"/> is overwritten.</summary>
    /// <param name="logits">One codebook's logits.</param>
    /// <param name="parameters">The sampling parameters.</param>
    /// <param name="uniform">A uniform random number in [0, 1), used for sampling.</param>
    public static int Choose(Span<float> logits, GenerationParams parameters, double uniform)
    {
        if (!parameters.UseSampling || parameters.Temperature <= 0)
        {
            return ArgMax(logits);
        }

        Softmax(logits, parameters.Temperature);
        Filter(logits, parameters.TopK, parameters.TopP);
        return Sample(logits, uniform);
    }

    /// <summary>Whether a token can be chosen from logits: none is NaN or +∞, and not all are -∞, which excludes a token.</summary>
    public static bool CanChoose(ReadOnlySpan<float> logits)
    {
        var (i, isValid, hasFinite) = (0, true, false);
        if (Vector.IsHardwareAccelerated)
        {
            var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
            var (below, above) = (Vector<int>.AllBitsSet, Vector<int>.Zero);
            foreach (var vector in vectors)
            {
                below &= Vector.LessThan(vector, new Vector<float>(float.PositiveInfinity));
                above |= Vector.GreaterThan(vector, new Vector<float>(float.NegativeInfinity));
            }

            isValid = Vector.EqualsAll(below, Vector<int>.AllBitsSet);
            hasFinite = !Vector.EqualsAll(above, Vector<int>.Zero);
            i = vectors.Length * Vector<float>.Count;
        }

        for (; i < logits.Length; i++)
        {
            isValid &= logits[i] < float.PositiveInfinity;
            hasFinite |= logits[i] > float.NegativeInfinity;
        }

        return isValid && hasFinite;
    }

    /// <summary>Index of the largest value; the first of equal ones.</summary>
    public static int ArgMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Turns logits into probabilities at a temperature, in place.</summary>
    public static void Softmax(Span<float> logits, double temperature)
    {
        var largest = logits[ArgMax(logits)];
        var sum = 0.0;
        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] = MathF.Exp((float)((logits[i] - largest) / temperature));
            sum += logits[i];
        }

        Scale(logits, 1 / sum);
    }

    /// <summary>
    /// Sets filtered probabilities to zero and scales the rest to sum 1, in place. A <paramref name="topP"/> above 0 overrides <paramref name="topK"/>;
    /// if both are 0, nothing is filtered. Top-k keeps all values equal to the k-th; top-p keeps a value while the larger ones sum to at most p.
    /// </summary>
    public static void Filter(Span<float> probabilities, int topK, double topP)
    {
        if (topP > 0)
        {
            KeepTopP(probabilities, (float)topP);
        }
        else if (topK > 0 && topK < probabilities.Length)
        {
            KeepTopK(probabilities, topK);
        }
        else
        {
            return;
        }

        var sum = 0.0;
        foreach (var p in probabilities)
        {
            sum += p;
        }

        Scale(probabilities, 1 / sum);
    }

    /// <summary>Samples an index: the first at which the cumulative sum exceeds <paramref name="uniform"/> times the total.</summary>
    public static int Sample(ReadOnlySpan<float> probabilities, double uniform)
    {
        var total = 0.0;
        foreach (var p in probabilities)
        {
            total += p;
        }

        var (remaining, last) = (uniform * total, 0);
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] > 0)
            {
                last = i;
                remaining -= probabilities[i];
                if (remaining < 0)
                {
                    return i;
                }
            }
        }

        return last;
    }

    private static void KeepTopK(Span<float> probabilities, int k)
    {
        var sorted = probabilities.ToArray();
        Array.Sort(sorted);
        var threshold = sorted[^k];
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] < threshold)
            {
                probabilities[i] = 0;
            }
        }
    }

    private static void KeepTopP(Span<float> probabilities, float p)
    {
        var values = probabilities.ToArray();
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        // Descending; equal values in order of their index, so that the result does not depend on the sort.
        Array.Sort(order, (a, b) => values[b].CompareTo(values[a]) is var byValue && byValue != 0 ? byValue : a.CompareTo(b));
        var cumulative = 0f;
        foreach (var index in order)
        {
            cumulative += values[index];
            if (cumulative - values[index] > p)
            {
                probabilities[index] = 0;
            }
        }
    }

    private static void Scale(Span<float> values, double factor)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(values[i] * factor);
        }
    }
}
