using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// What a transformer remembers between the steps of one sequence: the keys and values of each layer, those of the conditions
/// (computed once), and the table of positions. Made by <see cref="StreamingTransformer.CreateState"/>; its memory does not grow.
/// </summary>
internal sealed class TransformerState(
    IReadOnlyList<KeyValueCache> caches, IReadOnlyList<KeyValues> sources, Tensor? sourceMask, Tensor positions) : IDisposable
{
    /// <summary>Self-attention keys and values, by layer.</summary>
    public IReadOnlyList<KeyValueCache> Caches { get; } = caches;

    /// <summary>Cross-attention keys and values, by layer; empty without conditions.</summary>
    public IReadOnlyList<KeyValues> Sources { get; } = sources;

    /// <summary>Additive mask [B, 1, 1, Tc] over the conditions, or null.</summary>
    public Tensor? SourceMask { get; } = sourceMask;

    /// <summary>Steps that have been taken.</summary>
    public long Length => Caches[0].Length;

    /// <summary>The positions of the next <paramref name="count"/> steps, [1, count, dim].</summary>
    /// <exception cref="InvalidOperationException">There was no room made for so many.</exception>
    public Tensor NextPositions(long count) => Length + count <= positions.size(1)
        ? positions.narrow(1, Length, count)
        : throw new InvalidOperationException($"{count} steps do not fit after {Length} of {positions.size(1)}.");

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
        positions.Dispose();
    }
}
