using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A filtered view of another archive, with floating-point tensors converted to another element type.</summary>
/// <param name="inner">The archive; owned by the caller.</param>
/// <param name="type">The element type; null for the stored one.</param>
/// <param name="wanted">The filter; null for all tensors.</param>
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
    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name) => inner.StoragesOf(name);

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
            // Converts in blocks, without reading the whole stored tensor.
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
