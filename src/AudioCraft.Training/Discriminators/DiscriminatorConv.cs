using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>A convolution over one or two dimensions with its normalization: the kernel is <c>conv</c>, a group norm after it is <c>norm</c> (audiocraft/modules/conv.py).</summary>
internal sealed class DiscriminatorConv : Module<Tensor, Tensor>
{
    /// <summary>With up to this many channels in, libtorch's gradient of the input of a convolution over two dimensions is slow on a CPU.</summary>
    private const int FewInputs = 4;

    /// <summary>Added to the variance, as PyTorch's GroupNorm does.</summary>
    private const double NormEpsilon = 1e-5;

    private readonly ConvWeight conv;
    private readonly GroupNorm? norm;
    private readonly long[] stride;
    private readonly long[] padding;
    private readonly long[] dilation;
    private readonly long groups;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Size of the kernel in each dimension, one or two.</param>
    /// <param name="normalization">Which normalization.</param>
    /// <param name="stride">Stride in each dimension; null for 1.</param>
    /// <param name="padding">Zeros at both ends of each dimension; null for none.</param>
    /// <param name="dilation">Distance between taps in each dimension; null for 1.</param>
    /// <param name="groups">Number of groups.</param>
    /// <exception cref="ArgumentException">A size is out of range, or the groups do not divide the channels.</exception>
    public DiscriminatorConv(
        long inputs, long outputs, long[] kernel, DiscriminatorNorm normalization, long[]? stride = null, long[]? padding = null, long[]? dilation = null,
        long groups = 1) : base(nameof(DiscriminatorConv))
    {
        long[] ones = kernel.Select(_ => 1L).ToArray();
        this.stride = stride ?? ones;
        this.padding = padding ?? ones.Select(_ => 0L).ToArray();
        this.dilation = dilation ?? ones;
        this.groups = groups;
        if (inputs < 1 || outputs < 1 || kernel.Any(k => k < 1) || this.stride.Any(s => s < 1) || this.padding.Any(p => p < 0) || this.dilation.Any(d => d < 1))
        {
            throw new ArgumentException(
                $"A convolution from {inputs} to {outputs} channels with kernel [{string.Join(", ", kernel)}], stride [{string.Join(", ", this.stride)}], "
                + $"padding [{string.Join(", ", this.padding)}] and dilation [{string.Join(", ", this.dilation)}] is not possible.");
        }

        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0)
        {
            throw new ArgumentException($"{groups} groups do not divide {inputs} and {outputs} channels.", nameof(groups));
        }

        conv = ConvWeight.Create(normalization, [outputs, inputs / groups, .. kernel]);
        norm = normalization == DiscriminatorNorm.TimeGroupNorm ? CreateNorm(outputs) : null;
        RegisterComponents();
    }

    /// <summary>[B, in, …] → [B, out, …].</summary>
    public override Tensor forward(Tensor input)
    {
        using var weight = conv.Weight();
        var output = stride.Length == 1 ? functional.conv1d(input, weight, conv.Bias, stride[0], padding[0], dilation[0], groups)
            : UsesRows(input) ? OverRows(input, weight)
            : functional.conv2d(input, weight, conv.Bias, stride, padding, dilation, groups);
        if (norm is null)
        {
            return output;
        }

        using (output)
        {
            return norm.forward(output);
        }
    }

    // TorchSharp's GroupNorm does not initialize its scale and shift (0.107).
    private static GroupNorm CreateNorm(long channels)
    {
        using var guard = no_grad();
        var result = GroupNorm(1, channels, NormEpsilon);
        init.ones_(result.weight);
        init.zeros_(result.bias);
        return result;
    }

    private bool UsesRows(Tensor input) =>
        input.requires_grad && input.size(1) <= FewInputs && stride[0] == 1 && groups == 1 && input.device_type == DeviceType.CPU;

    /// <summary>
    /// The same convolution over the last dimension only, with the kernel rows as channels: the backward pass takes half the time.
    /// </summary>
    private Tensor OverRows(Tensor input, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var padded = padding[0] == 0 ? input : functional.pad(input, (0, 0, padding[0], padding[0]));
        var taps = weight.size(2);
        var rows = padded.size(2) - ((taps - 1) * dilation[0]);
        var channels = cat(Enumerable.Range(0, (int)taps).Select(tap => padded.narrow(2, tap * dilation[0], rows)).ToList(), 1);
        var flat = weight.transpose(1, 2).reshape(weight.size(0), -1, 1, weight.size(3));
        return functional.conv2d(channels, flat, conv.Bias, [1, stride[1]], [0, padding[1]], [1, dilation[1]]).MoveToOuterDisposeScope();
    }
}
