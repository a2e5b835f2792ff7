using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Snake (Ziyin et al. 2020): x + sin²(αx) / α with an α for each channel, which lets a network repeat a period beyond what it has seen.</summary>
internal sealed class Snake1d : DacLayer
{
    private readonly Parameter alpha;

    /// <param name="channels">Channels in and out.</param>
    public Snake1d(long channels) : base(nameof(Snake1d))
    {
        alpha = ParameterFactory.Constant(1, 1, channels, 1);
        RegisterComponents();
    }

    /// <summary>[1, channels, 1].</summary>
    public Tensor Alpha => alpha;

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingFunction(input => Run(input, padded: true), input => RunOver(input, padded: true));

    /// <inheritdoc/>
    public override Tensor Run(Tensor input, bool padded)
    {
        if (!is_grad_enabled() && !input.is_contiguous())
        {
            // On a stream, part of a longer result.
            return RunOver(input.contiguous(), padded);
        }

        if (is_grad_enabled() || !SnakeKernel.Supports(input) || !SnakeKernel.Supports(alpha))
        {
            return Composed(input);
        }

        var output = empty_like(input);
        SnakeKernel.Run(input, alpha, output);
        return output;
    }

    /// <inheritdoc/>
    public override Tensor RunOver(Tensor input, bool padded)
    {
        if (is_grad_enabled() || !SnakeKernel.Supports(input) || !SnakeKernel.Supports(alpha))
        {
            return base.RunOver(input, padded);
        }

        SnakeKernel.Run(input, alpha, input);
        return input;
    }

    // Upstream adds 1e-9 to α, so that a channel whose α is 0 stays finite.
    private Tensor Composed(Tensor input)
    {
        using var scope = NewDisposeScope();
        var wave = (input * alpha).sin();
        return (input + wave * wave / (alpha + 1e-9f)).MoveToOuterDisposeScope();
    }
}
