using System.Runtime.InteropServices;
using AudioCraft.Layers;

namespace AudioCraft.Formats;

/// <summary>
/// One stream through an <see cref="EncodecLanguageModel"/>, computed with <see cref="PortableMath"/>: the keys and values of the context, and the next step.
/// A step takes about a millisecond, with some thirty layers one after the other, so it is computed on the calling thread alone.
/// </summary>
/// <remarks>A stream starts with one step whose vectors are zero in every layer; the released weights were trained with it.</remarks>
internal sealed unsafe class EncodecLanguageModelStream
{
    /// <summary>Rows of keys and values end with this much unused space, so that whole vectors can be read from any position.</summary>
    private const int Slack = 8;

    private const int FirstCapacity = 64;

    private readonly EncodecLanguageModelWeights weights;
    private readonly EncodecLanguageModelConfig config;
    private readonly int dim;
    private readonly float[] input;
    private readonly float[] projected;
    private readonly float[] mixed;
    private readonly float[] added;
    private readonly float[] hidden;
    private readonly float[][] keys;
    private readonly float[][] values;
    private float[] scores = [];
    private float[] logits = [];
    private int capacity;
    private int end;
    private long offset;

    public EncodecLanguageModelStream(EncodecLanguageModelWeights weights)
    {
        (this.weights, config, dim) = (weights, weights.Config, weights.Config.Dimension);
        (input, mixed, added) = (Pinned(dim), Pinned(dim), Pinned(dim));
        projected = Pinned(3L * dim);
        hidden = Pinned(config.HiddenDimension);
        (keys, values) = (new float[config.Layers][], new float[config.Layers][]);
        Reserve();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var bias = weights.Layers[layer].Input.Bias;
            for (var d = 0; d < dim; d++)
            {
                // Key and value of the zero vector.
                keys[layer][Row(d)] = bias[dim + d];
                values[layer][Row(d)] = bias[(2 * dim) + d];
            }
        }

        end = 1;
    }

    /// <summary>Computes the next step.</summary>
    /// <param name="indices">For each codebook the code of the previous step plus 1, or 0.</param>
    /// <returns>Probabilities [codebooks, cardinality]. The next call overwrites them.</returns>
    public ReadOnlySpan<float> Step(ReadOnlySpan<long> indices)
    {
        var outputs = (long)indices.Length * config.Cardinality;
        if (logits.Length < outputs)
        {
            logits = Pinned(outputs);
        }

        Reserve();
        Embed(indices);
        Transform(Pointer(input));
        for (var k = 0; k < indices.Length; k++)
        {
            var row = Pointer(logits) + ((long)k * config.Cardinality);
            Multiply(weights.Outputs[k], input, row, config.Cardinality);
            PortableMath.Softmax(row, config.Cardinality);
        }

        end++;
        offset++;
        return logits.AsSpan(0, (int)outputs);
    }

    /// <summary>The keys and values [steps, D] of a layer that the next step attends to.</summary>
    internal (float[,] Keys, float[,] Values) Seen(int layer)
    {
        var steps = Math.Min(end, config.PastContext);
        var (k, v) = (new float[steps, dim], new float[steps, dim]);
        for (var step = 0; step < steps; step++)
        {
            for (var d = 0; d < dim; d++)
            {
                k[step, d] = keys[layer][Row(d) + end - steps + step];
                v[step, d] = values[layer][Row(d) + end - steps + step];
            }
        }

        return (k, v);
    }

    /// <summary>Arrays that the garbage collector does not move, so that pointers stay valid.</summary>
    private static float[] Pinned(long count) => GC.AllocateArray<float>(checked((int)count), pinned: true);

    private static float* Pointer(float[] pinned) => (float*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private long Row(int d) => (long)d * (capacity + Slack);

    /// <summary>Makes room for a step: moves the context to the front, into larger arrays if it fills more than half.</summary>
    private void Reserve()
    {
        if (end < capacity)
        {
            return;
        }

        var kept = Math.Min(end, config.PastContext);
        var (first, old) = (end - kept, capacity);
        var larger = capacity == 0 ? FirstCapacity : kept + 1 > capacity / 2 ? 2 * capacity : capacity;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            keys[layer] = Moved(keys[layer], first, kept, old, larger);
            values[layer] = Moved(values[layer], first, kept, old, larger);
        }

        if (larger != old)
        {
            scores = Pinned(larger + Slack);
        }

        (capacity, end) = (larger, kept);
    }

    private float[] Moved(float[]? from, int first, int kept, int old, int larger)
    {
        var to = from is null || larger != old ? Pinned((long)dim * (larger + Slack)) : from;
        for (var d = 0; d < dim && kept > 0; d++)
        {
            from.AsSpan((d * (old + Slack)) + first, kept).CopyTo(to.AsSpan(d * (larger + Slack), kept));
        }

        return to;
    }

    /// <summary>The sum of the codes' vectors, normalized, plus the position: cosines, then sines.</summary>
    private void Embed(ReadOnlySpan<long> indices)
    {
        var x = Pointer(input);
        new ReadOnlySpan<float>(weights.Embedding(0, indices[0]), dim).CopyTo(input);
        for (var k = 1; k < indices.Length; k++)
        {
            Add(x, weights.Embedding(k, indices[k]));
        }

        PortableMath.LayerNorm(x, weights.InputNorm.Weight, weights.InputNorm.Bias, dim);
        var half = dim / 2;
        for (var i = 0; i < half; i++)
        {
            var (cos, sin) = PortableMath.CosSin(offset / weights.Periods[i]);
            x[i] += (float)cos;
            x[half + i] += (float)sin;
        }
    }

    private void Add(float* x, float* y)
    {
        for (var i = 0; i < dim; i++)
        {
            x[i] += y[i];
        }
    }

    /// <summary>The layers, in place.</summary>
    private void Transform(float* x)
    {
        for (var layer = 0; layer < config.Layers; layer++)
        {
            ref readonly var w = ref weights.Layers[layer];
            Multiply(w.Input, input, Pointer(projected), 3 * dim);
            Attend(layer, Pointer(scores));
            Multiply(w.Output, mixed, Pointer(added), dim);
            Add(x, Pointer(added));
            PortableMath.LayerNorm(x, w.AttentionNorm.Weight, w.AttentionNorm.Bias, dim);
            Multiply(w.Up, input, Pointer(hidden), config.HiddenDimension);
            PortableMath.Gelu(Pointer(hidden), config.HiddenDimension);
            Multiply(w.Down, hidden, Pointer(added), dim);
            Add(x, Pointer(added));
            PortableMath.LayerNorm(x, w.FeedForwardNorm.Weight, w.FeedForwardNorm.Bias, dim);
        }
    }

    private static void Multiply(AffineWeights w, float[] x, float* y, int outputs) => PortableMath.Multiply(w.Weight, w.Bias, Pointer(x), x.Length, y, 0, outputs);

    /// <summary>Attention to the context and this step.</summary>
    private void Attend(int layer, float* score)
    {
        var size = dim / config.Heads;
        var root = MathF.Sqrt(size);
        var stride = capacity + Slack;
        var steps = Math.Min(end, config.PastContext) + 1;
        var padded = (steps + Slack - 1) / Slack * Slack;
        var start = end + 1 - steps;
        for (var head = 0; head < config.Heads; head++)
        {
            var query = Pointer(projected) + (head * size);
            var key = Pointer(keys[layer]) + ((long)head * size * stride);
            var value = Pointer(values[layer]) + ((long)head * size * stride);
            for (var d = 0; d < size; d++)
            {
                key[((long)d * stride) + end] = query[dim + d];
                value[((long)d * stride) + end] = query[(2 * dim) + d];
                query[d] /= root;
            }

            PortableMath.WeightedSum(query, key + start, size, stride, score, padded);
            PortableMath.Softmax(score, steps);
            for (var d = 0; d < size; d++)
            {
                Pointer(mixed)[(head * size) + d] = PortableMath.Dot(score, value + ((long)d * stride) + start, steps);
            }
        }
    }
}
