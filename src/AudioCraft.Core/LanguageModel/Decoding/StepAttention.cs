using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>The attention of one decoding step over the keys and values of a <see cref="TransformerState"/>. Threads share the heads.</summary>
internal sealed unsafe class StepAttention
{
    private readonly TransformerState state;
    private readonly int heads;
    private readonly int size;
    private readonly int repeat;
    private readonly float*[] keys;
    private readonly float*[] values;
    private readonly float*[] sourceKeys;
    private readonly float*[] sourceValues;
    private readonly int sourceLength;
    private readonly RowTable sourceMask;
    private readonly RowTable paddingMask;
    private readonly RowTable positions;
    private readonly RotationTables? rotations;
    private readonly int capacity;
    private long step;
    private long start;
    private int count;

    /// <param name="state">The state; it remains the caller's.</param>
    /// <param name="heads">Query heads of a row.</param>
    /// <param name="size">Size of a head.</param>
    /// <param name="repeat">Query heads that share a key and value head of the self-attention.</param>
    public StepAttention(TransformerState state, int heads, int size, int repeat)
    {
        (this.state, this.heads, this.size, this.repeat) = (state, heads, size, repeat);
        keys = Data(state.Caches.Select(cache => cache.Stored.Keys));
        values = Data(state.Caches.Select(cache => cache.Stored.Values));
        sourceKeys = Data(state.Sources.Select(source => source.Keys));
        sourceValues = Data(state.Sources.Select(source => source.Values));
        sourceLength = state.Sources.Count == 0 ? 0 : (int)state.Sources[0].Keys.size(2);
        sourceMask = new RowTable(state.SourceMask);
        paddingMask = new RowTable(state.PaddingMask);
        positions = new RowTable(state.Positions);
        rotations = state.Rotations is { } tables ? new RotationTables(tables.Narrow(0, state.MaxSteps), size / 2) : null;
        capacity = (int)state.Caches[0].Capacity;
    }

    /// <summary>The largest number of keys that a head reads, of the sequence or of the conditions.</summary>
    public int MaxKeys => Math.Max(capacity, sourceLength);

    /// <summary>Whether all tensors of a state are contiguous float32 on the CPU.</summary>
    public static bool Supports(TransformerState state)
    {
        static bool IsSupported(Tensor? tensor) => tensor is null || TensorMemory.IsFloat32(tensor);
        return IsSupported(state.Positions) && IsSupported(state.SourceMask) && IsSupported(state.PaddingMask)
            && state.Caches.All(cache => IsSupported(cache.Stored.Keys)) && state.Sources.All(source => IsSupported(source.Keys) && IsSupported(source.Values));
    }

    /// <summary>Reserves the next step in the cache of every layer.</summary>
    public void Reserve()
    {
        step = state.Length;
        foreach (var cache in state.Caches)
        {
            (start, var seen) = cache.ReserveStep();
            count = (int)seen;
        }
    }

    /// <summary>The sinusoidal position of the reserved step, dim values, or null without such positions.</summary>
    public float* Position(int row) => positions.Row(row, step * heads * size);

    /// <summary>Self-attention of a share of the heads of all rows. Stores their keys and values first.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="projected">Query, key and value of each row: [rows, heads + 2 · heads / repeat, size].</param>
    /// <param name="y">Receives the result [rows, heads, size].</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="scores">Working space for <see cref="MaxKeys"/> values.</param>
    /// <param name="part">Index of the share.</param>
    /// <param name="parts">Number of shares.</param>
    public void Self(int layer, float* projected, float* y, int rows, float* scores, int part, int parts)
    {
        var shared = heads / repeat;
        var (dim, sharedDim, all) = ((long)heads * size, (long)shared * size, (long)rows * shared);
        for (var head = all * part / parts; head < all * (part + 1) / parts; head++)
        {
            var (row, own) = ((int)(head / shared), head % shared);
            var query = projected + (row * (dim + (2 * sharedDim))) + (own * repeat * size);
            var key = projected + (row * (dim + (2 * sharedDim))) + dim + (own * size);
            var stored = ((head * capacity) + start) * size;
            var added = stored + ((count - 1L) * size);
            rotations?.RotateKey(key, row, step);
            new ReadOnlySpan<float>(key, size).CopyTo(new Span<float>(keys[layer] + added, size));
            new ReadOnlySpan<float>(key + sharedDim, size).CopyTo(new Span<float>(values[layer] + added, size));
            var mask = paddingMask.Row(row, step + 1 - count);
            for (var i = 0; i < repeat; i++, query += size)
            {
                rotations?.RotateQuery(query, row, step);
                AttentionKernel.Attend(query, keys[layer] + stored, values[layer] + stored, mask, y + (((head * repeat) + i) * size), scores, size, count);
            }
        }
    }

    /// <summary>Cross-attention of a share of the heads of all rows, with queries [rows, heads, size].</summary>
    public void Cross(int layer, float* queries, float* y, int rows, float* scores, int part, int parts)
    {
        var all = (long)rows * heads;
        for (var head = all * part / parts; head < all * (part + 1) / parts; head++)
        {
            var stored = head * sourceLength * size;
            AttentionKernel.Attend(
                queries + (head * size), sourceKeys[layer] + stored, sourceValues[layer] + stored, sourceMask.Row((int)(head / heads), 0), y + (head * size), scores, size, sourceLength);
        }
    }

    private static float*[] Data(IEnumerable<Tensor> tensors)
    {
        var all = tensors.ToArray();
        var data = new float*[all.Length];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = TensorMemory.Float32(all[i]);
        }

        return data;
    }

    /// <summary>A table with one row for each row of the batch, or one for all; or no table.</summary>
    private readonly struct RowTable(Tensor? tensor)
    {
        private readonly float* data = tensor is null ? null : TensorMemory.Float32(tensor);
        private readonly long stride = tensor?.size(0) > 1 ? tensor.numel() / tensor.size(0) : 0;

        /// <summary>Element <paramref name="at"/> of a row; null without a table.</summary>
        public float* Row(int row, long at) => data is null ? null : data + (row * stride) + at;
    }

    /// <summary>The complex factors of rotary positions, [1 or rows, 1, steps, pairs].</summary>
    private sealed class RotationTables(Rotation tables, int pairs)
    {
        private readonly RowTable queryReal = new(tables.QueryReal);
        private readonly RowTable queryImaginary = new(tables.QueryImaginary);
        private readonly RowTable keyReal = new(tables.KeyReal);
        private readonly RowTable keyImaginary = new(tables.KeyImaginary);

        public void RotateQuery(float* query, int row, long step) => Rotate(query, queryReal.Row(row, step * pairs), queryImaginary.Row(row, step * pairs));

        public void RotateKey(float* key, int row, long step) => Rotate(key, keyReal.Row(row, step * pairs), keyImaginary.Row(row, step * pairs));

        private void Rotate(float* x, float* real, float* imaginary)
        {
            for (var i = 0; i < pairs; i++)
            {
                var (a, b) = (x[2 * i], x[(2 * i) + 1]);
                x[2 * i] = (a * real[i]) - (b * imaginary[i]);
                x[(2 * i) + 1] = (a * imaginary[i]) + (b * real[i]);
            }
        }
    }
}
