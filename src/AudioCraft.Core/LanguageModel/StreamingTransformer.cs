using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.LanguageModel;

/// <summary>
/// A causal transformer with sinusoidal positions (audiocraft/modules/transformer.py) that takes a sequence whole,
/// or piece by piece with a <see cref="TransformerState"/> that remembers the pieces before.
/// </summary>
internal sealed class StreamingTransformer : Module
{
    private readonly ModuleList<StreamingTransformerLayer> layers;
    private readonly LMConfig config;

    public StreamingTransformer(LMConfig config) : base(nameof(StreamingTransformer))
    {
        this.config = config;
        layers = new ModuleList<StreamingTransformerLayer>([.. Enumerable.Range(0, config.NumLayers).Select(_ => new StreamingTransformerLayer(config))]);
        RegisterComponents();
    }

    /// <summary>The whole sequence [B, T, dim] with conditions [B, Tc, dim] (null for a model without) → [B, T, dim].</summary>
    public Tensor forward(Tensor x, Tensor? source)
    {
        using var scope = NewDisposeScope();
        x = AddPositions(x, SinusoidalPositions.Create(0, x.size(1), config.Dim, config.MaxPeriod, x.dtype, x.device));
        foreach (var layer in layers)
        {
            x = layer.forward(x, null, source is null ? null : layer.ProjectSource(source), null);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>The next steps [B, n, dim] of a sequence → [B, n, dim].</summary>
    public Tensor Step(Tensor x, TransformerState state)
    {
        using var scope = NewDisposeScope();
        x = AddPositions(x, state.NextPositions(x.size(1)));
        for (var i = 0; i < layers.Count; i++)
        {
            x = layers[i].forward(x, state.Caches[i], state.Sources.Count == 0 ? null : state.Sources[i], state.SourceMask);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Prepares for a sequence of at most <paramref name="maxSteps"/> steps. The caller disposes of the state.</summary>
    /// <param name="batch">Rows, B.</param>
    /// <param name="maxSteps">Steps to make room for.</param>
    /// <param name="source">Conditions [B, Tc, dim], or null for a model without.</param>
    /// <param name="sourceMask">Additive mask [B, 1, 1, Tc] over the conditions, or null. The state takes it over.</param>
    /// <param name="dtype">Element type of the activations.</param>
    /// <param name="device">Where they live.</param>
    public TransformerState CreateState(long batch, long maxSteps, Tensor? source, Tensor? sourceMask, ScalarType dtype, Device device)
    {
        var caches = layers.Select(_ => new KeyValueCache(batch, config.NumHeads, maxSteps, config.Dim / config.NumHeads, dtype, device)).ToList();
        var sources = new List<KeyValues>();
        if (source is not null)
        {
            foreach (var layer in layers)
            {
                var (keys, values) = layer.ProjectSource(source);
                sources.Add(new KeyValues(keys.DetachFromDisposeScope(), values.DetachFromDisposeScope()));
            }
        }

        var positions = SinusoidalPositions.Create(0, maxSteps, config.Dim, config.MaxPeriod, dtype, device).DetachFromDisposeScope();
        return new TransformerState(caches, sources, sourceMask?.DetachFromDisposeScope(), positions);
    }

    private Tensor AddPositions(Tensor x, Tensor positions) =>
        config.PositionalScale == 1 ? x + positions : x + (positions * config.PositionalScale);
}
