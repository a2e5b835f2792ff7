using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>The attention of a single step over what a <see cref="TransformerState"/> remembers, in plain memory; heads are shared out among threads.</summary>
internal sealed unsafe class StepAttention
{
    private readonly TransformerState state;
    private readonly int heads;
    private readonly int size;
    private readonly float*[] keys;
    private readonly float*[] values;
    private readonly float*[] sourceKeys;
    private readonly float*[] sourceValues;
    private readonly int sourceLength;
    private readonly float* sourceMask;
    private readonly int maskStride;
    private readonly float* positions;
    private readonly long positionStride;
    private readonly int capacity;
    private long start;
    private int count;

    /// <param name="state">What is remembered; it stays the caller's.</param>
    /// <param name="heads">Heads of a row.</param>
    /// <param name="size">Size of a head.</param>
    public StepAttention(TransformerState state, int heads, int size)
    {
        (this.state, this.heads, this.size) = (state, heads, size);
        keys = Data(state.Caches.Select(cache => cache.Stored.Keys));
        values = Data(state.Caches.Select(cache => cache.Stored.Values));
        sourceKeys = Data(state.Sources.Select(source => source.Keys));
        sourceValues = Data(state.Sources.Select(source => source.Values));
        sourceLength = state.Sources.Count == 0 ? 0 : (int)state.Sources[0].Keys.size(2);
        sourceMask = state.SourceMask is { } mask ? (float*)WeightMatrix.Data(mask) : null;
        maskStride = state.SourceMask?.size(0) > 1 ? sourceLength : 0;
        positions = (float*)WeightMatrix.Data(state.Positions!);
        positionStride = state.Positions!.size(0) > 1 ? state.Positions.size(1) * heads * size : 0;
        capacity = (int)state.Caches[0].Capacity;
    }

    /// <summary>The most steps, of the sequence or of the conditions, that a head sees at once.</summary>
    public int LongestSight => Math.Max(capacity, sourceLength);

    /// <summary>Whether all of a state is float32 on the CPU, where plain memory can be reached.</summary>
    public static bool Takes(TransformerState state)
    {
        static bool IsPlain(Tensor? tensor) =>
            tensor is null || (tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU && tensor.is_contiguous() && tensor.numel() <= int.MaxValue / sizeof(float));
        return state.Positions is not null && IsPlain(state.Positions) && IsPlain(state.SourceMask)
            && state.Caches.All(cache => IsPlain(cache.Stored.Keys)) && state.Sources.All(source => IsPlain(source.Keys) && IsPlain(source.Values));
    }

    /// <summary>Makes room for the next step in every layer.</summary>
    public void Reserve()
    {
        foreach (var cache in state.Caches)
        {
            (start, var seen) = cache.ReserveStep();
            count = (int)seen;
        }
    }

    /// <summary>The position of a step, dim numbers.</summary>
    public float* Position(int row, long step) => positions + (row * positionStride) + (step * heads * size);

    /// <summary>A share of the heads of all rows: keeps their keys and values, and attends.</summary>
    /// <param name="layer">Which layer.</param>
    /// <param name="projected">Query, key and value [rows, 3, heads, size].</param>
    /// <param name="y">Gets what the heads found [rows, heads, size].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="scores">Room for <see cref="LongestSight"/> numbers.</param>
    /// <param name="part">Which share.</param>
    /// <param name="parts">Of how many.</param>
    public void Self(int layer, float* projected, float* y, int rows, float* scores, int part, int parts)
    {
        var (dim, all) = ((long)heads * size, (long)rows * heads);
        for (var head = all * part / parts; head < all * (part + 1) / parts; head++)
        {
            var query = projected + (head / heads * 3 * dim) + (head % heads * size);
            var stored = ((head * capacity) + start) * size;
            var own = stored + ((count - 1L) * size);
            new ReadOnlySpan<float>(query + dim, size).CopyTo(new Span<float>(keys[layer] + own, size));
            new ReadOnlySpan<float>(query + (2 * dim), size).CopyTo(new Span<float>(values[layer] + own, size));
            OneStepAttention.AttendHead(query, keys[layer] + stored, values[layer] + stored, null, y + (head * size), scores, size, count);
        }
    }

    /// <summary>The same over the conditions, with queries [rows, heads, size].</summary>
    public void Cross(int layer, float* queries, float* y, int rows, float* scores, int part, int parts)
    {
        var all = (long)rows * heads;
        for (var head = all * part / parts; head < all * (part + 1) / parts; head++)
        {
            var stored = head * sourceLength * size;
            var mask = sourceMask is null ? null : sourceMask + (head / heads * maskStride);
            OneStepAttention.AttendHead(
                queries + (head * size), sourceKeys[layer] + stored, sourceValues[layer] + stored, mask, y + (head * size), scores, size, sourceLength);
        }
    }

    private static float*[] Data(IEnumerable<Tensor> tensors)
    {
        var all = tensors.ToArray();
        var data = new float*[all.Length];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = (float*)WeightMatrix.Data(all[i]);
        }

        return data;
    }
}
