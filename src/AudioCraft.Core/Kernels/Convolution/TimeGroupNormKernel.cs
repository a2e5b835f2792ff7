using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Group normalization with one group over channels and time, on a CPU in float32. libtorch parallelizes over groups, so that one item with one group uses
/// a single thread; this kernel parallelizes over channels. Sums over a channel are in float32, one per vector lane, and over channels in float64.
/// </summary>
internal static unsafe class TimeGroupNormKernel
{
    /// <summary>Whether this kernel supports the input: [B, C, T], float32 on the CPU, within the size of a span, and no gradient required.</summary>
    public static bool Supports(Tensor input) =>
        input.dim() == 3 && input.dtype == ScalarType.Float32 && input.device_type == DeviceType.CPU && !is_grad_enabled()
        && input.numel() <= int.MaxValue / sizeof(float) && input.size(2) > 0;

    /// <summary>[B, C, T] → [B, C, T], with scale and shift [C]. The caller owns the result.</summary>
    public static Tensor Normalize(Tensor input, Tensor weight, Tensor bias, double epsilon)
    {
        using var dense = input.contiguous();
        var result = empty_like(dense);
        var (batch, channels, steps) = ((int)dense.size(0), (int)dense.size(1), (int)dense.size(2));
        float* x = TensorMemory.Float32(dense), y = TensorMemory.Float32(result), scale = TensorMemory.Float32(weight), shift = TensorMemory.Float32(bias);
        var partial = new double[channels];
        var threads = Math.Min(get_num_threads(), Math.Min(Environment.ProcessorCount, channels));
        for (var b = 0; b < batch; b++)
        {
            float* from = x + ((long)b * channels * steps), to = y + ((long)b * channels * steps);
            Each(channel => partial[channel] = Sum(from + ((long)channel * steps), steps));
            var mean = partial.Sum() / ((double)channels * steps);
            Each(channel => partial[channel] = SquaredDistance(from + ((long)channel * steps), steps, (float)mean));
            var inverse = 1 / Math.Sqrt((partial.Sum() / ((double)channels * steps)) + epsilon);
            Each(channel => Apply(
                from + ((long)channel * steps), to + ((long)channel * steps), steps, (float)mean, (float)(scale[channel] * inverse), shift[channel]));
        }

        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        return result;

        void Each(Action<int> channel) => ThreadTeam.Shared.Run(threads, (part, parts) =>
        {
            for (var c = channels * part / parts; c < channels * (part + 1) / parts; c++)
            {
                channel(c);
            }
        });
    }

    private static double Sum(float* x, int count)
    {
        Vector<float> a = default, b = default;
        var i = 0;
        for (; i + (2 * Vector<float>.Count) <= count; i += 2 * Vector<float>.Count)
        {
            a += Vector.Load(x + i);
            b += Vector.Load(x + i + Vector<float>.Count);
        }

        double sum = Vector.Sum(a + b);
        for (; i < count; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    private static double SquaredDistance(float* x, int count, float mean)
    {
        var middle = new Vector<float>(mean);
        Vector<float> a = default, b = default;
        var i = 0;
        for (; i + (2 * Vector<float>.Count) <= count; i += 2 * Vector<float>.Count)
        {
            var (first, second) = (Vector.Load(x + i) - middle, Vector.Load(x + i + Vector<float>.Count) - middle);
            a = Vector.FusedMultiplyAdd(first, first, a);
            b = Vector.FusedMultiplyAdd(second, second, b);
        }

        double sum = Vector.Sum(a + b);
        for (; i < count; i++)
        {
            sum += (x[i] - mean) * (x[i] - mean);
        }

        return sum;
    }

    private static void Apply(float* x, float* y, int count, float mean, float factor, float shift)
    {
        var (middle, factors, shifts) = (new Vector<float>(mean), new Vector<float>(factor), new Vector<float>(shift));
        var i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd(Vector.Load(x + i) - middle, factors, shifts).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = ((x[i] - mean) * factor) + shift;
        }
    }
}
