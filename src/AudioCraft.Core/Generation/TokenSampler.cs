namespace AudioCraft.Generation;

/// <summary>
/// Chooses the next token from logits: the likeliest, or a draw after top-k or top-p filtering (audiocraft/utils/utils.py).
/// Works on plain memory: for a few thousand logits that is faster than a handful of tensor operations, and a draw needs no tensor generator.
/// </summary>
internal static class TokenSampler
{
    /// <summary>The chosen index. <paramref name="logits"/> is used as working space.</summary>
    /// <param name="logits">One codebook's logits.</param>
    /// <param name="parameters">How to choose.</param>
    /// <param name="uniform">A number in [0, 1), used if a draw is made.</param>
    public static int Choose(Span<float> logits, GenerationParams parameters, double uniform)
    {
        if (!parameters.UseSampling || parameters.Temperature <= 0)
        {
            return ArgMax(logits);
        }

        Softmax(logits, parameters.Temperature);
        Filter(logits, parameters.TopK, parameters.TopP);
        return Draw(logits, uniform);
    }

    /// <summary>Index of the largest value, the first among equals.</summary>
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
    /// Sets to zero what is filtered out, and scales the rest to sum 1, in place. A <paramref name="topP"/> above 0 wins over <paramref name="topK"/>;
    /// with neither, nothing is filtered. Top-k keeps all that equal the k-th; top-p keeps a value while the likelier ones sum to at most p.
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

    /// <summary>The index at which the running sum of the probabilities passes <paramref name="uniform"/> of their total.</summary>
    public static int Draw(ReadOnlySpan<float> probabilities, double uniform)
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

        // Likelier first; among equals the earlier first, so that the outcome does not depend on the sort.
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
