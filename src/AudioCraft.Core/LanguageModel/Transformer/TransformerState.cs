using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// The state of a transformer between the steps of a sequence: the keys and values of each layer and of the conditions,
/// and the tables of positions. Created by <see cref="StreamingTransformer.CreateState"/>; its memory does not grow.
/// </summary>
internal sealed class TransformerState : IDisposable
{
    /// <summary>Maximum number of steps.</summary>
    public required long MaxSteps { get; init; }

    /// <summary>Number of previous steps that a step attends to; null for all.</summary>
    public required long? Window { get; init; }

    /// <summary>Self-attention keys and values, by layer.</summary>
    public required IReadOnlyList<KeyValueCache> Caches { get; init; }

    /// <summary>Cross-attention keys and values, by layer; empty without conditions.</summary>
    public required IReadOnlyList<KeyValues> Sources { get; init; }

    /// <summary>Additive mask [B, 1, 1, Tc] over the conditions, or null.</summary>
    public required Tensor? SourceMask { get; init; }

    /// <summary>Additive mask [B, 1, 1, T] over the steps, which hides the padding at the start of shorter rows, or null.</summary>
    public required Tensor? PaddingMask { get; init; }

    /// <summary>Sinusoidal positions [1 or B, T, dim], or null.</summary>
    public required Tensor? Positions { get; init; }

    /// <summary>Rotary positions, or null.</summary>
    public required RotaryPositions? Rotations { get; init; }

    /// <summary>Number of steps computed so far.</summary>
    public long Length => Caches[0].Length;

    /// <summary>The self-attention pass of the next <paramref name="count"/> steps and their sinusoidal positions [1 or B, count, dim] or null.</summary>
    /// <exception cref="InvalidOperationException">The state has no room for these steps.</exception>
    public (SelfAttentionPass Pass, Tensor? Positions) Next(long count, ScalarType dtype, Device device)
    {
        if (Length + count > MaxSteps)
        {
            throw new InvalidOperationException($"{count} steps do not fit after {Length} of {MaxSteps}.");
        }

        var pass = SelfAttentionPass.Create(Length, count, Window, PaddingMask, Rotations?.Narrow(Length, count), dtype, device);
        return (pass, Positions?.narrow(1, Length, count));
    }

    public void Dispose()
    {
        foreach (var cache in Caches)
        {
            cache.Dispose();
        }

        foreach (var (keys, values) in Sources)
        {
            keys.Dispose();
            values.Dispose();
        }

        SourceMask?.Dispose();
        PaddingMask?.Dispose();
        Positions?.Dispose();
        Rotations?.Dispose();
    }
}
