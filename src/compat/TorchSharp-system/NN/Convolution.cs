using TorchSharp.Interop;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What all convolutions share: weight, bias, and how far the kernel steps, reaches and pads.</summary>
public abstract class Convolution : nn.Module<Tensor, Tensor>
{
    /// <summary>Padding before and after each dimension, the last one first: the order of <see cref="nn.functional.pad(Tensor, long[], PaddingModes, double)"/>.</summary>
    protected long[] _reversed_padding_repeated_twice = [];

    [ComponentName(Name = nameof(weight))]
    protected Parameter? _weight;

    [ComponentName(Name = nameof(bias))]
    protected Parameter? _bias;

    protected Convolution(
        string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[]? padding, Padding? padding_type, long[] dilation,
        bool transposed, long[] output_padding, long groups, bool bias, PaddingModes padding_mode, Device? device = null, ScalarType? dtype = null)
        : base(name)
    {
        if (transposed && padding_mode != PaddingModes.Zeros)
        {
            throw new ArgumentException($"Transposed convolutions pad with zeros, not by {padding_mode}.", nameof(padding_mode));
        }

        if (groups < 1 || in_channels % groups != 0 || out_channels % groups != 0)
        {
            throw new ArgumentException($"{groups} groups do not divide {in_channels} and {out_channels} channels.", nameof(groups));
        }

        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.dilation = dilation;
        this.transposed = transposed;
        this.output_padding = output_padding;
        this.groups = groups;
        this.padding_mode = padding_mode;
        if (padding_type is { } type)
        {
            SetPadding(type);
        }
        else
        {
            SetPadding(padding ?? new long[kernel_size.Length]);
        }

        long[] channels = transposed ? [in_channels, out_channels / groups] : [out_channels, in_channels / groups];
        var fanIn = channels[1] * kernel_size.TotalSize();
        (weight, this.bias) = nn.FanIn([.. channels, .. kernel_size], bias ? out_channels : 0, fanIn, device, dtype);
    }

    public long in_channels { get; }

    public long out_channels { get; }

    public long[] kernel_size { get; set; }

    public long[] stride { get; set; }

    public long[]? padding { get; private set; }

    public Padding? padding_type { get; private set; }

    public long[] dilation { get; set; }

    public long[] output_padding { get; set; }

    public long groups { get; set; }

    public PaddingModes padding_mode { get; set; }

    public bool transposed { get; }

    public Parameter weight
    {
        get => _weight!;
        set => SetParameter(ref _weight, nameof(weight), value);
    }

    public Parameter? bias
    {
        get => _bias;
        set => SetParameter(ref _bias, nameof(bias), value);
    }

    public void SetPadding(long[] padding)
    {
        ArgumentNullException.ThrowIfNull(padding);
        this.padding = padding;
        padding_type = null;
        _reversed_padding_repeated_twice = padding.Reverse().SelectMany(value => new[] { value, value }).ToArray();
    }

    /// <exception cref="ArgumentException">Same size cannot be had with this stride, or the convolution is transposed.</exception>
    public void SetPadding(Padding padding)
    {
        if (transposed || (padding == Padding.Same && stride.Any(step => step != 1)))
        {
            throw new ArgumentException($"Padding {padding} is for convolutions that are not transposed and have a stride of 1.", nameof(padding));
        }

        this.padding = null;
        padding_type = padding;
        var total = kernel_size.Zip(dilation, (size, spread) => padding == Padding.Same ? spread * (size - 1) : 0).Reverse();
        _reversed_padding_repeated_twice = total.SelectMany(value => new[] { value / 2, value - (value / 2) }).ToArray();
    }

    /// <summary>Whether the input is [batch,] in_channels and so many more dimensions.</summary>
    protected bool ValidateShape(Tensor input, long dimensions) =>
        (input.ndim == dimensions + 2 && input.size(1) == in_channels) || (input.ndim == dimensions + 1 && input.size(0) == in_channels);

    /// <summary>Pads and convolves. libtorch's own padding is symmetric and of zeros; any other is done before.</summary>
    private protected Tensor Convolve(Tensor input, Operator operation)
    {
        var dimensions = kernel_size.Length;
        if (!ValidateShape(input, dimensions))
        {
            throw new ArgumentException(
                $"A convolution over {dimensions} dimensions and {in_channels} channels does not take [{string.Join(", ", input.shape)}].",
                nameof(input));
        }

        if (padding_mode == PaddingModes.Zeros && padding is not null)
        {
            return operation.Call(input, weight, bias, stride, padding, dilation, groups);
        }

        using var padded = nn.functional.pad(input, _reversed_padding_repeated_twice, padding_mode);
        return operation.Call(padded, weight, bias, stride, new long[dimensions], dilation, groups);
    }
}

/// <summary>What transposed convolutions share: the size of the output can be chosen where several lead to the same input.</summary>
public abstract class ConvolutionTranspose : Convolution
{
    protected ConvolutionTranspose(
        string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[]? padding, Padding? padding_type, long[] dilation,
        bool transposed, long[] output_padding, long groups, bool bias, PaddingModes padding_mode, Device? device = null, ScalarType? dtype = null)
        : base(
            name, in_channels, out_channels, kernel_size, stride, padding, padding_type, dilation, transposed, output_padding, groups, bias,
            padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => forward(input, null);

    public abstract Tensor forward(Tensor input, long[]? output_size);

    private protected Tensor ConvolveTransposed(Tensor input, long[]? output_size, Operator operation)
    {
        var dimensions = kernel_size.Length;
        if (!ValidateShape(input, dimensions))
        {
            throw new ArgumentException(
                $"A transposed convolution over {dimensions} dimensions and {in_channels} channels does not take [{string.Join(", ", input.shape)}].",
                nameof(input));
        }

        var extra = output_size is null ? output_padding : ExtraFor(input, output_size);
        return operation.Call(input, weight, bias, stride, padding, extra, groups, dilation);
    }

    private long[] ExtraFor(Tensor input, long[] output_size)
    {
        var dimensions = kernel_size.Length;
        var wanted = output_size[^dimensions..];
        var extra = new long[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            var least = ((input.size(i - dimensions) - 1) * stride[i]) - (2 * padding![i]) + (dilation[i] * (kernel_size[i] - 1)) + 1;
            extra[i] = wanted[i] - least;
            if (extra[i] < 0 || extra[i] >= stride[i])
            {
                throw new ArgumentException(
                    $"An output of {wanted[i]} cannot be had: it can be from {least} to {least + stride[i] - 1}.", nameof(output_size));
            }
        }

        return extra;
    }
}

/// <summary>Convolution over one dimension: [batch,] in_channels, length.</summary>
public sealed class Conv1d : Convolution
{
    internal Conv1d(
        long inputs, long outputs, long kernel, long stride, long[]? padding, Padding? type, long dilation, PaddingModes mode, long groups, bool bias,
        Device? device, ScalarType? dtype)
        : base(nameof(Conv1d), inputs, outputs, [kernel], [stride], padding, type, [dilation], false, [0], groups, bias, mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => Convolve(input, Aten.Conv1d);
}

/// <summary>Convolution over two dimensions: [batch,] in_channels, height, width.</summary>
public sealed class Conv2d : Convolution
{
    internal Conv2d(
        long inputs, long outputs, long[] kernel, long[] stride, long[]? padding, Padding? type, long[] dilation, PaddingModes mode, long groups,
        bool bias, Device? device, ScalarType? dtype)
        : base(nameof(Conv2d), inputs, outputs, kernel, stride, padding, type, dilation, false, [0, 0], groups, bias, mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => Convolve(input, Aten.Conv2d);
}

/// <summary>The transpose of a convolution over one dimension, as in upsampling.</summary>
public sealed class ConvTranspose1d : ConvolutionTranspose
{
    internal ConvTranspose1d(
        long inputs, long outputs, long kernel, long stride, long padding, long extra, long dilation, PaddingModes mode, long groups, bool bias,
        Device? device, ScalarType? dtype)
        : base(
            nameof(ConvTranspose1d), inputs, outputs, [kernel], [stride], [padding], null, [dilation], true, [extra], groups, bias, mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input, long[]? output_size) => ConvolveTransposed(input, output_size, Aten.ConvTranspose1d);
}
