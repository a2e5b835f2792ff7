using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// What a transformer remembers between the steps of one sequence: the keys and values of each layer, those of the conditions
/// (computed once), and the tables of positions. Made by <see cref="StreamingTransformer.CreateState"/>; its memory does not grow.
/// </summary>
internal sealed class TransformerState : IDisposable
{
    /// <summary>Steps that there is room for.</summary>
    public required long MaxSteps { get; init; }

    /// <summary>How many steps back a step sees, or null for all.</summary>
    public required long? Window { get; init; }

    /// <summary>Self-attention keys and values, by layer.</summary>
    public required IReadOnlyList<KeyValueCache> Caches { get; init; }

    /// <summary>Cross-attention keys and values, by layer; empty without conditions.</summary>
    public required IReadOnlyList<KeyValues> Sources { get; init; }

    /// <summary>Additive mask [B, 1, 1, Tc] over the conditions, or null.</summary>
    public required Tensor? SourceMask { get; init; }

    /// <summary>Additive mask [B, 1, 1, T] over the steps, which hides the padding in front of shorter rows, or null.</summary>
    public required Tensor? PaddingMask { get; init; }

    /// <summary>Sinusoidal positions [1 or B, T, dim], or null.</summary>
    public required Tensor? Positions { get; init; }

    /// <summary>Rotary positions, or null.</summary>
    public required RotaryPositions? Rotations { get; init; }

    /// <summary>Steps that have been taken.</summary>
    public long Length => Caches[0].Length;

    /// <summary>What self-attention needs for the next <paramref name="count"/> steps, and their sinusoidal positions [1 or B, count, dim] or null.</summary>
    /// <exception cref="InvalidOperationException">There was no room made for so many.</exception>
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
