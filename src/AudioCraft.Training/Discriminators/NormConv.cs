using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>A convolution over one or two dimensions and what normalises it: the kernel is <c>conv</c>, a group norm after it is <c>norm</c> (audiocraft/modules/conv.py).</summary>
internal sealed class NormConv : Module<Tensor, Tensor>
{
    private readonly ConvWeight conv;
    private readonly GroupNorm? norm;
    private readonly long[] stride;
    private readonly long[] padding;
    private readonly long[] dilation;
    private readonly long groups;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Size of the kernel in each dimension, one or two.</param>
    /// <param name="normalization">Which normalisation.</param>
    /// <param name="stride">Step in each dimension; without it 1.</param>
    /// <param name="padding">Zeros at both ends of each dimension; without it none.</param>
    /// <param name="dilation">Distance between taps in each dimension; without it 1.</param>
    /// <param name="groups">Groups of channels that have nothing to do with one another.</param>
    /// <exception cref="ArgumentException">A size is out of range, or the groups do not divide the channels.</exception>
    public NormConv(
        long inputs, long outputs, long[] kernel, DiscriminatorNorm normalization, long[]? stride = null, long[]? padding = null, long[]? dilation = null,
        long groups = 1) : base(nameof(NormConv))
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
                + $"padding [{string.Join(", ", this.padding)}] and dilation [{string.Join(", ", this.dilation)}] cannot be made.");
        }

        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0)
        {
            throw new ArgumentException($"{groups} groups do not divide {inputs} and {outputs} channels.", nameof(groups));
        }

        conv = ConvWeight.Make(normalization, [outputs, inputs / groups, .. kernel]);
        norm = normalization == DiscriminatorNorm.TimeGroupNorm ? GroupNorm(1, outputs) : null;
        RegisterComponents();
    }

    /// <summary>[B, in, …] → [B, out, …].</summary>
    public override Tensor forward(Tensor input)
    {
        using var weight = conv.Weight();
        var output = stride.Length == 1
            ? functional.conv1d(input, weight, conv.Bias, stride[0], padding[0], dilation[0], groups)
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
}
