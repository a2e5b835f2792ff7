using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>
/// The relative position bias of T5 (Raffel et al. 2020, section 2.1): each head adds a learned value to the attention logits that depends on the bucket of the
/// distance between key and query. The first block contains the table, <c>relative_attention_bias.weight</c>; all blocks use it.
/// </summary>
internal sealed class T5RelativePositionBias : Module
{
    private readonly long maxDistance;
    private readonly Parameter weight;

    public T5RelativePositionBias(T5Config config) : base(nameof(T5RelativePositionBias))
    {
        maxDistance = config.RelativeMaxDistance;
        weight = ParameterFactory.Normal(config.RelativeBuckets, config.HeadCount);
        RegisterComponents();
    }

    /// <summary>The bias of the attention logits of <paramref name="length"/> tokens: [1, heads, T, T].</summary>
    public Tensor ForLength(long length, Device device)
    {
        using var scope = NewDisposeScope();

        // One row for each distance from 1 - T to T - 1, then gathered for all pairs of query and key.
        var distances = new long[(2 * length) - 1];
        for (var i = 0L; i < distances.Length; i++)
        {
            distances[i] = i + 1 - length;
        }

        var pairs = new long[length * length];
        for (var i = 0L; i < pairs.Length; i++)
        {
            pairs[i] = (i % length) - (i / length) + (length - 1);
        }

        var byDistance = weight.index_select(0, tensor(Buckets(distances, weight.size(0), maxDistance), device: device)).t();
        return byDistance.index_select(1, tensor(pairs, device: device)).view(1, weight.size(1), length, length).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The bucket of each distance (key minus query). Half of the buckets are for later keys; of each half, one half is for exact distances and
    /// the other for logarithmic ranges, computed and truncated in float32 as in the reference.
    /// </summary>
    internal static long[] Buckets(ReadOnlySpan<long> distances, long buckets, long maxDistance)
    {
        var half = buckets / 2;
        var exact = half / 2;
        var scale = (float)Math.Log(maxDistance / (double)exact);
        var result = new long[distances.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var far = Math.Abs(distances[i]);
            var bucket = far < exact ? far : Math.Min(exact + (long)(MathF.Log((float)far / exact) / scale * (half - exact)), half - 1);
            result[i] = bucket + (distances[i] > 0 ? half : 0);
        }

        return result;
    }
}
