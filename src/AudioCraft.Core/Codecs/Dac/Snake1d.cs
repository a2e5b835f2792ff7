using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Snake (Ziyin et al. 2020): x + sin²(αx) / α with one α per channel, an activation that extrapolates periodic signals.</summary>
internal sealed class Snake1d : PointwiseLayer
{
    /// <summary>Upstream adds this to α, so that a channel with α = 0 stays finite.</summary>
    private static readonly Scalar Epsilon = 1e-9f;

    private readonly Parameter alpha;

    /// <param name="channels">Input and output channels.</param>
    public Snake1d(long channels) : base(nameof(Snake1d))
    {
        alpha = ParameterFactory.Constant(1, 1, channels, 1);
        RegisterComponents();
    }

    /// <summary>[1, channels, 1].</summary>
    public Tensor Alpha => alpha;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input, bool padded)
    {
        if (!is_grad_enabled() && !input.is_contiguous())
        {
            // In a stream, the input may be a part of a longer tensor.
            return Run(input.contiguous(), padded, overwrite: true);
        }

        if (!UsesKernel(input))
        {
            return Composed(input);
        }

        var output = empty_like(input);
        SnakeKernel.Run(input, alpha, output);
        return output;
    }

    /// <inheritdoc/>
    protected override bool TryOverwrite(Tensor input)
    {
        if (!UsesKernel(input))
        {
            return false;
        }

        SnakeKernel.Run(input, alpha, input);
        return true;
    }

    private bool UsesKernel(Tensor input) => !is_grad_enabled() && SnakeKernel.Supports(input) && SnakeKernel.Supports(alpha);

    private Tensor Composed(Tensor input)
    {
        using var scope = NewDisposeScope();
        var wave = (input * alpha).sin();
        return input.add(wave * wave / alpha.add(Epsilon, Scalars.One), Scalars.One).MoveToOuterDisposeScope();
    }
}
