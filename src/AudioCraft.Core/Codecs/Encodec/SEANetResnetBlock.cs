using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// Residual block of SEANet: activation, dilated convolution to fewer channels, activation, point-wise convolution back; plus the input, unchanged or convolved.
/// </summary>
internal sealed class SEANetResnetBlock : CodecLayer
{
    private readonly LayerChain block;
    private readonly StreamableConv1d? shortcut;
    private readonly bool causal;

    /// <param name="channels">Input and output channels.</param>
    /// <param name="dilation">Of the first convolution.</param>
    /// <param name="config">Shape of the SEANet.</param>
    /// <param name="options">Padding and normalization of this block.</param>
    public SEANetResnetBlock(int channels, int dilation, SEANetConfig config, ConvOptions options) : base(nameof(SEANetResnetBlock))
    {
        causal = options.Causal;
        var hidden = channels / config.Compress;
        block = new LayerChain(
            new Activation(config.Activation),
            new StreamableConv1d(channels, hidden, config.ResidualKernelSize, options, dilation: dilation),
            new Activation(config.Activation),
            new StreamableConv1d(hidden, channels, 1, options));
        shortcut = config.TrueSkip ? null : new StreamableConv1d(channels, channels, 1, options);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.Geometry;

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingResnetBlock(block.OpenStream(), shortcut?.OpenStream());

    /// <summary>[B, C, T] → [B, C, T]; without padding plus the part of the input that is aligned with the output.</summary>
    protected override Tensor Compute(Tensor input, bool padded)
    {
        using var scope = NewDisposeScope();
        var branch = block.Run(input, padded);
        var lost = input.size(-1) - branch.size(-1);
        var kept = lost == 0 ? input : input.narrow(-1, causal ? lost : lost - (lost / 2), branch.size(-1));
        kept = shortcut is null ? kept : shortcut.Run(kept);
        return (is_grad_enabled() ? branch.add(kept, Scalars.One) : branch.add_(kept, Scalars.One)).MoveToOuterDisposeScope();
    }

    /// <summary>The input waits for the branch, whose convolutions may look ahead.</summary>
    private sealed class StreamingResnetBlock(IStreamingLayer branch, IStreamingLayer? shortcut) : IStreamingLayer
    {
        private readonly PendingSteps pending = new();

        public Tensor? Push(Tensor? input, bool last)
        {
            using var scope = NewDisposeScope();
            var output = branch.Push(input, last);
            if (pending.With(input) is not { } all)
            {
                return null;
            }

            var count = output?.size(-1) ?? 0;
            if (output is not null)
            {
                var skipped = all.narrow(-1, 0, count);
                output.add_(shortcut is null ? skipped : shortcut.Push(skipped, last)!, Scalars.One);
            }

            pending.KeepFrom(all, count);
            return output?.MoveToOuterDisposeScope();
        }

        public long InputsFor(long outputs) => branch.InputsFor(outputs);

        public void Dispose()
        {
            branch.Dispose();
            shortcut?.Dispose();
            pending.Dispose();
        }
    }
}
