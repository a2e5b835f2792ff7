using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Combines each weight-normalized pair of an archive into one weight, for models for inference.
/// Reads <c>X.weight_g</c>, <c>X.weight_v</c> and the spelling of newer PyTorch, <c>X.parametrizations.weight.original0</c>, <c>…original1</c>.
/// A weight is computed when it is read, in float32.
/// </summary>
internal sealed class WeightNormArchive : TensorArchive
{
    private static readonly (string Length, string Direction)[] Spellings =
    [
        ("weight_g", "weight_v"),
        ("parametrizations.weight.original0", "parametrizations.weight.original1"),
    ];

    private readonly TensorArchive inner;
    private readonly Dictionary<string, TensorInfo> tensors = [];
    private readonly Dictionary<string, (string Length, string Direction)> folded = [];

    /// <param name="inner">The stored tensors; owned by the caller.</param>
    /// <exception cref="CheckpointException">The shapes of a pair do not match.</exception>
    public WeightNormArchive(TensorArchive inner)
    {
        this.inner = inner;
        foreach (var (name, info) in inner.Tensors)
        {
            if (PairOf(name) is not var (length, direction))
            {
                Add(name, info);
            }
            else if (name == direction)
            {
                var weight = name[..^SuffixOf(name).Length] + "weight";
                CheckPair(length, inner.Tensors[length], direction, info);
                Add(weight, new(ComputedType(info.DType), info.Shape));
                folded.Add(weight, (length, direction));
            }
        }
    }

    /// <inheritdoc/>
    public override string Source => inner.Source;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <inheritdoc/>
    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name) => inner.StoragesOf(folded.TryGetValue(name, out var pair) ? pair.Direction : name);

    /// <inheritdoc/>
    public override Tensor Read(string name)
    {
        var type = InfoOf(name).DType;
        if (!folded.TryGetValue(name, out var pair))
        {
            return inner.Read(name);
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return WeightNorm.Fold(inner.Read(pair.Length).to(type), inner.Read(pair.Direction).to(type)).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor? TryMap(string name) => folded.ContainsKey(name) ? null : inner.TryMap(name);

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination)
    {
        if (folded.ContainsKey(name))
        {
            base.ReadInto(name, destination);
        }
        else
        {
            inner.ReadInto(name, destination);
        }
    }

    private void Add(string name, TensorInfo info)
    {
        if (!tensors.TryAdd(name, info))
        {
            throw new CheckpointException($"{Source}: '{name}' is stored more than once, in different forms.");
        }
    }

    private static ScalarType ComputedType(ScalarType stored) => stored == ScalarType.Float64 ? stored : ScalarType.Float32;

    private static string SuffixOf(string name) =>
        Spellings.SelectMany(s => new[] { s.Length, s.Direction }).FirstOrDefault(s => EndsWithPart(name, s)) ?? "";

    private static bool EndsWithPart(string name, string part) => name == part || name.EndsWith("." + part, StringComparison.Ordinal);

    /// <summary>Both names of the pair that contains a name; null for an incomplete pair, which the loader reports.</summary>
    private (string Length, string Direction)? PairOf(string name)
    {
        foreach (var (length, direction) in Spellings)
        {
            var suffix = EndsWithPart(name, length) ? length : EndsWithPart(name, direction) ? direction : null;
            if (suffix is not null)
            {
                var stem = name[..^suffix.Length];
                return inner.Tensors.ContainsKey(stem + length) && inner.Tensors.ContainsKey(stem + direction) ? (stem + length, stem + direction) : null;
            }
        }

        return null;
    }

    private void CheckPair(string lengthName, TensorInfo length, string directionName, TensorInfo direction)
    {
        var fits = direction.Shape.Count > 0 && length.Shape.Count == direction.Shape.Count && length.Shape[0] == direction.Shape[0]
            && length.Shape.Skip(1).All(n => n == 1);
        if (!fits)
        {
            throw new CheckpointException(
                $"{Source}: '{lengthName}' {length.ShapeText} does not match '{directionName}' {direction.ShapeText}: weight normalization has one norm for each index of the first dimension.");
        }
    }
}
