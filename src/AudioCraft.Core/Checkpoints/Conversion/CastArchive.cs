using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>The tensors of another archive that a filter lets through, those of floating point in another element type.</summary>
/// <param name="inner">The archive; it stays the caller's.</param>
/// <param name="type">The element type; null for the stored one.</param>
/// <param name="wanted">Which tensors; null for all.</param>
internal sealed class CastArchive(TensorArchive inner, ScalarType? type, Func<string, bool>? wanted = null) : TensorArchive
{
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(
        inner.Tensors.Where(t => wanted is null || wanted(t.Key)).Select(t => KeyValuePair.Create(t.Key, t.Value with { DType = Cast(t.Value.DType, type) })), StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string Source => inner.Source;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => tensors.Values.Sum(info => info.ElementCount * ElementTypes.SizeOf(info.DType));

    /// <inheritdoc/>
    public override Tensor Read(string name)
    {
        var info = InfoOf(name);
        if (info.DType == inner.Tensors[name].DType)
        {
            return inner.Read(name);
        }

        var value = empty([.. info.Shape], dtype: info.DType);
        try
        {
            // Converts in pieces: the stored tensor is never here as a whole.
            inner.ReadInto(name, value);
            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    private static ScalarType Cast(ScalarType stored, ScalarType? type) =>
        stored is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 ? type ?? stored : stored;
}
