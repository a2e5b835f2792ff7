using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Weights rounded to int8, with a scale for each group of <see cref="Int8DotProduct.Group"/> adjacent weights of a row: a quarter of the memory.
/// Inputs are rounded to int16, which is exact in comparison.
/// </summary>
internal sealed unsafe class Int8Matrix : WeightMatrix
{
    private readonly Tensor packed;
    private readonly Tensor packedScales;
    private readonly sbyte* data;
    private readonly float* scales;
    private readonly int groups;

    /// <param name="weight">Contiguous float32 [outputs, inputs] on the CPU, which is copied.</param>
    public Int8Matrix(Tensor weight) : base((int)weight.size(0), (int)weight.size(1))
    {
        groups = (Inputs + Int8DotProduct.Group - 1) / Int8DotProduct.Group;

        // Padding at the end, because products prefetch beyond the last row.
        packed = HugePages.Empty([((long)Outputs * groups * Int8DotProduct.Group) + Int8DotProduct.Group], ScalarType.Int8);
        packedScales = HugePages.Empty([Outputs, groups], ScalarType.Float32);
        data = (sbyte*)TensorMemory.Bytes(packed);
        scales = TensorMemory.Float32(packedScales);
        var source = TensorMemory.Float32(weight);
        var threads = Math.Min(get_num_threads(), Environment.ProcessorCount);
        ThreadTeam.Shared.Run(threads, (part, parts) => Round(source, (int)((long)Outputs * part / parts), (int)((long)Outputs * (part + 1) / parts)));
        GC.KeepAlive(weight);
    }

    public override long Bytes => (long)Outputs * groups * (Int8DotProduct.Group + sizeof(float));

    public override void Prepare(MatrixInput activations) => activations.Round();

    public override void Multiply(MatrixInput activations, float* y, int stride, int from, int to)
    {
        short* rounded = activations.Rounded;
        float* factors = activations.Scales;
        var (width, rows) = (activations.RoundedStride, activations.Count);
        for (var o = from; o < to; o++)
        {
            var weights = data + ((long)o * width);
            var own = scales + ((long)o * groups);
            var row = 0;
            for (; row + 1 < rows; row += 2)
            {
                var a = rounded + ((long)row * width);
                var (first, second) = Int8DotProduct.TwoRows(weights, own, a, a + width, groups);
                (y[((long)row * stride) + o], y[((long)(row + 1) * stride) + o]) = (first * factors[row], second * factors[row + 1]);
            }

            if (row < rows)
            {
                y[((long)row * stride) + o] = Int8DotProduct.OneRow(weights, own, rounded + ((long)row * width), groups) * factors[row];
            }
        }
    }

    public override void Unpack(float* destination, int from, int to)
    {
        for (var o = from; o < to; o++)
        {
            for (var group = 0; group < groups; group++)
            {
                var scale = scales[((long)o * groups) + group];
                var rounded = data + ((((long)o * groups) + group) * Int8DotProduct.Group);
                var end = Math.Min(Int8DotProduct.Group, Inputs - (group * Int8DotProduct.Group));
                for (var i = 0; i < end; i++)
                {
                    *destination++ = rounded[i] * scale;
                }
            }
        }
    }

    public override void Dispose()
    {
        packed.Dispose();
        packedScales.Dispose();
    }

    private void Round(float* source, int from, int to)
    {
        for (var o = from; o < to; o++)
        {
            for (var group = 0; group < groups; group++)
            {
                var start = group * Int8DotProduct.Group;
                var values = new ReadOnlySpan<float>(source + ((long)o * Inputs) + start, Math.Min(Int8DotProduct.Group, Inputs - start));
                var rounded = new Span<sbyte>(data + ((((long)o * groups) + group) * Int8DotProduct.Group), Int8DotProduct.Group);
                var largest = VectorMath.LargestMagnitude(values);
                scales[((long)o * groups) + group] = largest / sbyte.MaxValue;
                var factor = largest > 0 ? sbyte.MaxValue / largest : 0;
                for (var i = 0; i < values.Length; i++)
                {
                    rounded[i] = (sbyte)Math.Clamp(MathF.Round(values[i] * factor), -sbyte.MaxValue, sbyte.MaxValue);
                }

                rounded[values.Length..].Clear();
            }
        }
    }
}
