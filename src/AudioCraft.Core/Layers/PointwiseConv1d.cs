using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Layers;

/// <summary>A convolution over time with a kernel of one sample, with PyTorch's parameter names.</summary>
internal sealed class PointwiseConv1d : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="deviation">Standard deviation of the initial weights.</param>
    public PointwiseConv1d(long inputs, long outputs, double deviation) : base(nameof(PointwiseConv1d))
    {
        weight = ParameterFactory.Normal(deviation, [outputs, inputs, 1]);
        bias = ParameterFactory.Constant(0, outputs);
        RegisterComponents();
    }

    /// <summary>The element type of the weights.</summary>
    public ScalarType ElementType => weight.dtype;

    /// <summary>[B, in, T] → [B, out, T].</summary>
    public override Tensor forward(Tensor input) => Conv1dOperator.Run(input, weight, bias, stride: 1, padding: 0, dilation: 1);
}
