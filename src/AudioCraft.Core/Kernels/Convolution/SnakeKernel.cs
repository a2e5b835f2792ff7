using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Snake in one pass over memory; tensor operations need five, which on a CPU cost as much as the convolutions between them.
/// The square of a sine has period π, so the argument is reduced to ±π/2 and needs no sign.
/// </summary>
internal static class SnakeKernel
{
    /// <summary>Below this many samples a second thread costs more than it saves.</summary>
    private const int SamplesForThreads = 1 << 16;

    /// <summary>The reduction by parts of π is exact to float precision up to this argument; beyond it the library's sine is used.</summary>
    private const float LargestReduced = 8192;

    // π in three parts, the first two of few bits, so that their products with a whole number are exact.
    private const float Pi1 = 3.140625f, Pi2 = 9.67502593994140625e-4f, Pi3 = 1.509957990978376e-7f;

    // sin r on ±π/2 as an odd polynomial, a minimax of degree eleven.
    private const float C3 = -0.16666667f, C5 = 0.0083333310f, C7 = -0.00019840874f, C9 = 2.7525562e-6f, C11 = -2.3889859e-8f;

    /// <summary>Whether this kernel can read a tensor in place.</summary>
    public static bool Supports(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32 && tensor.is_contiguous() && tensor.size(-1) <= int.MaxValue / sizeof(float);

    /// <summary>[B, C, T] with α [1, C, 1] into <paramref name="output"/>, which may be the input itself.</summary>
    public static unsafe void Run(Tensor input, Tensor alpha, Tensor output)
    {
        var (channels, length) = (checked((int)input.size(1)), checked((int)input.size(2)));
        var rows = checked((int)input.size(0) * channels);
        if (rows == 0 || length == 0)
        {
            return;
        }

        var (source, target, factors) = (Address(input), Address(output), Address(alpha));
        void Row(int row)
        {
            var offset = (nint)row * length;
            Row1d(new((float*)source + offset, length), ((float*)factors)[row % channels], new((float*)target + offset, length));
        }

        var threads = get_num_threads();
        if (threads > 1 && (long)rows * length >= SamplesForThreads)
        {
            Parallel.For(0, rows, new ParallelOptions { MaxDegreeOfParallelism = threads }, Row);
        }
        else
        {
            for (var row = 0; row < rows; row++)
            {
                Row(row);
            }
        }

        GC.KeepAlive(input);
        GC.KeepAlive(output);
        GC.KeepAlive(alpha);
    }

    // Unlike TensorMemory.Float32 it allows tensors larger than a span, because the kernel only needs rows to fit one.
    private static unsafe nint Address(Tensor tensor)
    {
        if (!Supports(tensor))
        {
            throw new ArgumentException($"A contiguous float32 tensor on the CPU was expected, not {tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}.", nameof(tensor));
        }

        using var flat = tensor.view(-1);
        using var one = flat.narrow(0, 0, 1);
        return (nint)TensorMemory.Bytes(one);
    }

    /// <summary>One channel.</summary>
    internal static void Row1d(ReadOnlySpan<float> input, float alpha, Span<float> output)
    {
        var inverse = 1 / (alpha + 1e-9f);
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var from = ref MemoryMarshal.GetReference(input);
            ref var to = ref MemoryMarshal.GetReference(output);
            var (scale, factor, largest) = (Vector512.Create(alpha), Vector512.Create(inverse), Vector512.Create(LargestReduced));
            for (; i <= input.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                var x = Vector512.LoadUnsafe(ref from, (nuint)i);
                var y = x * scale;
                if (!Vector512.LessThanOrEqualAll(Vector512.Abs(y), largest))
                {
                    Exact(input.Slice(i, Vector512<float>.Count), alpha, inverse, output.Slice(i, Vector512<float>.Count));
                    continue;
                }

                var turns = Vector512.Round(y * Vector512.Create(1 / MathF.PI));
                var r = y - turns * Vector512.Create(Pi1);
                r -= turns * Vector512.Create(Pi2);
                r -= turns * Vector512.Create(Pi3);
                var square = r * r;
                var p = Vector512.Create(C11);
                p = Vector512.MultiplyAddEstimate(p, square, Vector512.Create(C9));
                p = Vector512.MultiplyAddEstimate(p, square, Vector512.Create(C7));
                p = Vector512.MultiplyAddEstimate(p, square, Vector512.Create(C5));
                p = Vector512.MultiplyAddEstimate(p, square, Vector512.Create(C3));
                var sine = Vector512.MultiplyAddEstimate(p * square, r, r);
                Vector512.MultiplyAddEstimate(sine * sine, factor, x).StoreUnsafe(ref to, (nuint)i);
            }
        }

        Exact(input[i..], alpha, inverse, output[i..]);
    }

    private static void Exact(ReadOnlySpan<float> input, float alpha, float inverse, Span<float> output)
    {
        for (var i = 0; i < input.Length; i++)
        {
            var sine = MathF.Sin(alpha * input[i]);
            output[i] = input[i] + (sine * sine * inverse);
        }
    }
}
