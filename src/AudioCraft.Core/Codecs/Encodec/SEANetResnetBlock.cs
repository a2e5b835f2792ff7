using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>Residual block of SEANet: activation, dilated convolution to fewer channels, activation, point-wise convolution back; plus the input, as it is or convolved.</summary>
internal sealed class SEANetResnetBlock : Module<Tensor, Tensor>, IStreamable
{
    private readonly ModuleList<Module<Tensor, Tensor>> block;
    private readonly StreamableConv1d? shortcut;

    /// <param name="channels">Channels in and out.</param>
    /// <param name="dilation">Of the first convolution.</param>
    /// <param name="config">Shape of the SEANet.</param>
    /// <param name="options">Padding and normalisation of this block.</param>
    public SEANetResnetBlock(int channels, int dilation, SEANetConfig config, ConvOptions options) : base(nameof(SEANetResnetBlock))
    {
        var hidden = channels / config.Compress;
        block = new ModuleList<Module<Tensor, Tensor>>(
            new Activation(config.Activation),
            new StreamableConv1d(channels, hidden, config.ResidualKernelSize, options, dilation: dilation),
            new Activation(config.Activation),
            new StreamableConv1d(hidden, channels, 1, options));
        shortcut = config.TrueSkip ? null : new StreamableConv1d(channels, channels, 1, options);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public IStreamingLayer OpenStream() => new StreamingResnetBlock(new StreamingChain(block), shortcut?.OpenStream());

    /// <summary>[B, C, T] → [B, C, T].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var branch = SEANetChain.Run(block, input);
        var kept = shortcut is null ? input : shortcut.forward(input);
        return (is_grad_enabled() ? branch + kept : branch.add_(kept)).MoveToOuterDisposeScope();
    }
}
