using AudioCraft.Codecs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>EnCodec's convolution: <c>F.pad</c>, <c>nn.Conv1d</c>, and <c>nn.GroupNorm</c> where the model has it.</summary>
internal sealed class PlainConv1d : Module<Tensor, Tensor>
{
    private readonly Conv1d conv;
    private readonly GroupNorm? norm;
    private readonly long span;
    private readonly long stride;
    private readonly bool causal;
    private readonly PaddingModes mode;

    public PlainConv1d(SEANetConfig config, ModelWeights weights, string name, long stride = 1, long dilation = 1) : base(nameof(PlainConv1d))
    {
        var shape = weights[$"{name}.conv.conv.weight"].shape;
        (this.stride, causal) = (stride, config.Causal);
        mode = config.PaddingMode == Codecs.ConvPaddingMode.Reflect ? PaddingModes.Reflect : PaddingModes.Constant;
        span = ((shape[2] - 1) * dilation) + 1;
        conv = Conv1d(shape[1], shape[0], shape[2], stride, padding: 0L, dilation: dilation);
        weights.Load(conv.weight, $"{name}.conv.conv.weight");
        weights.Load(conv.bias, $"{name}.conv.conv.bias");
        norm = PlainChain.Norm(config, weights, $"{name}.conv.norm", shape[0]);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var length = input.size(-1);
        var extra = ((length + stride - 1) / stride * stride) - length;
        var right = causal ? 0 : (span - stride) / 2;
        var (left, end) = (span - stride - right, right + extra);
        var output = conv.forward(left + end == 0 ? input : functional.pad(input, (left, end), mode));
        return (norm is null ? output : norm.forward(output)).MoveToOuterDisposeScope();
    }
}

/// <summary>EnCodec's transposed convolution: <c>nn.ConvTranspose1d</c> with trimmed output.</summary>
internal sealed class PlainConvTranspose1d : Module<Tensor, Tensor>
{
    private readonly ConvTranspose1d convtr;
    private readonly GroupNorm? norm;
    private readonly long surplus;
    private readonly bool causal;

    public PlainConvTranspose1d(SEANetConfig config, ModelWeights weights, string name, long stride) : base(nameof(PlainConvTranspose1d))
    {
        var shape = weights[$"{name}.convtr.convtr.weight"].shape;
        (surplus, causal) = (shape[2] - stride, config.Causal);
        convtr = ConvTranspose1d(shape[0], shape[1], shape[2], stride);
        weights.Load(convtr.weight, $"{name}.convtr.convtr.weight");
        weights.Load(convtr.bias, $"{name}.convtr.convtr.bias");
        norm = PlainChain.Norm(config, weights, $"{name}.convtr.norm", shape[1]);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = convtr.forward(input);
        output = norm is null ? output : norm.forward(output);
        var right = causal ? surplus : surplus / 2;
        return output.narrow(-1, surplus - right, output.size(-1) - surplus).MoveToOuterDisposeScope();
    }
}

/// <summary>A sequence of modules. Each result is disposed when the next one is computed.</summary>
internal sealed class PlainChain : Module<Tensor, Tensor>
{
    private readonly ModuleList<Module<Tensor, Tensor>> layers;

    public PlainChain(params Module<Tensor, Tensor>[] layers) : base(nameof(PlainChain))
    {
        this.layers = new ModuleList<Module<Tensor, Tensor>>(layers);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var current = layers[0].forward(input);
        for (var i = 1; i < layers.Count; i++)
        {
            using var previous = current;
            current = layers[i].forward(previous);
        }

        return current;
    }

    /// <summary>The group norm with this name, or null.</summary>
    public static GroupNorm? Norm(SEANetConfig config, ModelWeights weights, string name, long channels)
    {
        if (!weights.Has($"{name}.weight"))
        {
            return null;
        }

        var norm = GroupNorm(1, channels, config.NormEpsilon);
        weights.Load(norm.weight, $"{name}.weight");
        weights.Load(norm.bias, $"{name}.bias");
        return norm;
    }
}
