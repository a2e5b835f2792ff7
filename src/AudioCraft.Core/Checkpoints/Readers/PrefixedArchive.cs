using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>The tensors of one model in a file that contains several models: those whose names start with a prefix, without the prefix.</summary>
/// <param name="inner">The whole file; owned by the caller.</param>
/// <param name="prefix">The prefix, such as <c>audio_encoder.</c></param>
internal sealed class PrefixedArchive(TensorArchive inner, string prefix) : TensorArchive
{
    private readonly Dictionary<string, TensorInfo> tensors = inner.Tensors
        .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);

    /// <inheritdoc/>
    public override string Source => inner.Source;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <inheritdoc/>
    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name) => inner.StoragesOf(prefix + name);

    /// <inheritdoc/>
    public override Tensor Read(string name) => inner.Read(prefix + name);

    /// <inheritdoc/>
    public override Tensor? TryMap(string name) => inner.TryMap(prefix + name);

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination) => inner.ReadInto(prefix + name, destination);
}
