using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>The float32 weights of a parameter in its own memory.</summary>
internal sealed unsafe class Float32Matrix : WeightMatrix
{
    private readonly Tensor weight;
    private readonly float* data;

    /// <param name="weight">Contiguous float32 [outputs, inputs] on the CPU, which must outlive this and keep its storage.</param>
    public Float32Matrix(Tensor weight) : base((int)weight.size(0), (int)weight.size(1))
    {
        this.weight = weight;
        data = TensorMemory.Float32(weight);
    }

    public override long Bytes => (long)Outputs * Inputs * sizeof(float);

    public override void Multiply(MatrixInput activations, float* y, int stride, int from, int to) =>
        DotProduct.Multiply(data, activations.Rows, activations.Count, Inputs, y, stride, from, to);

    public override void Unpack(float* destination, int from, int to) =>
        new ReadOnlySpan<float>(data + ((long)from * Inputs), (to - from) * Inputs).CopyTo(new Span<float>(destination, (to - from) * Inputs));

    public override void Dispose() => GC.KeepAlive(weight);
}
