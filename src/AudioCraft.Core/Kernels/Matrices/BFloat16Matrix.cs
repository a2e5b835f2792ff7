using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>Weights rounded to bfloat16, the upper half of a float32: half the memory and three significant digits.</summary>
internal sealed unsafe class BFloat16Matrix : WeightMatrix
{
    private readonly Tensor packed;
    private readonly ushort* data;

    /// <param name="weight">Contiguous float32 [outputs, inputs] on the CPU, which is copied.</param>
    public BFloat16Matrix(Tensor weight) : base((int)weight.size(0), (int)weight.size(1))
    {
        packed = HugePages.Empty([Outputs, Inputs], ScalarType.Int16);
        data = (ushort*)TensorMemory.Bytes(packed);
        var source = (uint*)TensorMemory.Float32(weight);
        for (var i = 0L; i < (long)Outputs * Inputs; i++)
        {
            data[i] = Rounded(source[i]);
        }

        GC.KeepAlive(weight);
    }

    public override long Bytes => (long)Outputs * Inputs * sizeof(ushort);

    public override void Multiply(MatrixInput activations, float* y, int stride, int from, int to) =>
        DotProduct.Multiply(data, activations.Rows, activations.Count, Inputs, y, stride, from, to);

    public override void Unpack(float* destination, int from, int to)
    {
        var own = data + ((long)from * Inputs);
        for (var i = 0L; i < (long)(to - from) * Inputs; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)own[i] << 16);
        }
    }

    public override void Dispose() => packed.Dispose();

    // Rounds to nearest even. NaN remains NaN.
    private static ushort Rounded(uint bits) => (bits & 0x7FFF_FFFF) > 0x7F80_0000
        ? (ushort)((bits >> 16) | 0x40)
        : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}
