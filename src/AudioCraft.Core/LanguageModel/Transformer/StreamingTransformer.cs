using AudioCraft.Conditioning;
using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// A causal transformer with sinusoidal or rotary positions (audiocraft/modules/transformer.py) for whole sequences,
/// or for steps with a <see cref="TransformerState"/> that contains the previous steps.
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

    /// <summary>The whole sequence [B, T, dim] and the source of cross-attention (null for a model without) → [B, T, dim].</summary>
    public Tensor forward(Tensor x, CrossSource? source)
    {
        using var scope = NewDisposeScope();
        var count = x.size(1);
        using var rotations = Rotations(count, null, x.device);
        var pass = SelfAttentionPass.Create(0, count, config.PastContext, null, rotations?.Narrow(0, count), AttentionType(x.dtype), x.device);
        x = Sinusoids(count, null, x.dtype, x.device) is { } positions ? x.add(positions, Scalars.One) : x;
        foreach (var layer in layers)
        {
            x = layer.forward(x, null, pass, source is { } read ? layer.ProjectSource(read.Embeddings) : null, source?.Mask);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>The next steps [B, n, dim] of a sequence → [B, n, dim].</summary>
    public Tensor Step(Tensor x, TransformerState state)
    {
        using var scope = NewDisposeScope();
        var (pass, positions) = state.Next(x.size(1), AttentionType(x.dtype), x.device);
        x = positions is null ? x : x.add(positions, Scalars.One);
        for (var i = 0; i < layers.Count; i++)
        {
            x = layers[i].forward(x, state.Caches[i], pass, state.Sources.Count == 0 ? null : state.Sources[i], state.SourceMask);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Creates the state of a sequence of at most <paramref name="maxSteps"/> steps. The caller disposes of it.</summary>
    /// <param name="batch">Rows of the batch, B.</param>
    /// <param name="maxSteps">Maximum number of steps.</param>
    /// <param name="source">The source of cross-attention; null for a model without.</param>
    /// <param name="padding">Number of padding steps at the start of each row; null without padding.</param>
    /// <param name="dtype">Element type of the activations.</param>
    /// <param name="device">Device of the activations.</param>
    public TransformerState CreateState(
        long batch, long maxSteps, CrossSource? source, IReadOnlyList<long>? padding, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var type = AttentionType(dtype);
        return new TransformerState
        {
            MaxSteps = maxSteps,
            Window = config.PastContext,
            Caches = [.. layers.Select(_ => new KeyValueCache(
                batch, config.NumHeads / config.KeyValueRepeat, maxSteps, config.Dim / config.NumHeads, config.PastContext, type, device))],
            Sources = source is { } read ? [.. layers.Select(layer => Detached(layer.ProjectSource(read.Embeddings)))] : [],
            SourceMask = source?.Mask?.to(type).clone().DetachFromDisposeScope(),
            PaddingMask = PaddedRows.HidePadding(padding, maxSteps, type, device)?.DetachFromDisposeScope(),
            Positions = Sinusoids(maxSteps, padding, dtype, device)?.DetachFromDisposeScope(),
            Rotations = Rotations(maxSteps, padding, device),
        };
    }

    /// <summary>The layers.</summary>
    public IReadOnlyList<StreamingTransformerLayer> Layers => [.. layers];

    private static KeyValues Detached(KeyValues source) => new(source.Keys.DetachFromDisposeScope(), source.Values.DetachFromDisposeScope());

    private ScalarType AttentionType(ScalarType dtype) => config.AttentionAsFloat32 ? ScalarType.Float32 : dtype;

    private RotaryPositions? Rotations(long count, IReadOnlyList<long>? padding, Device device) =>
        config.Positions == LMPositions.Sinusoidal ? null : RotaryPositions.Create(count, config, padding, device);

    private Tensor? Sinusoids(long count, IReadOnlyList<long>? padding, ScalarType dtype, Device device)
    {
        if (config.Positions == LMPositions.Rotary)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var table = SinusoidalPositions.Create(0, count, config.Dim, config.MaxPeriod, dtype, device).squeeze(0);
        using Scalar scale = config.PositionalScale;
        var scaled = config.PositionalScale == 1 ? table : table.mul(scale);
        return PaddedRows.Shift(scaled, padding).MoveToOuterDisposeScope();
    }
}
