using System.Collections.Frozen;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A function that a pickle may call. It is implemented here and creates a plain object from its arguments.</summary>
internal sealed class PickleFunction(string name, Func<PickleList, string, object?> body)
{
    public string Name => name;

    /// <summary>Calls the function.</summary>
    /// <param name="arguments">The arguments in the pickle.</param>
    /// <param name="source">The file, for messages.</param>
    public object? Call(PickleList arguments, string source) => body(arguments, source);
}

/// <summary>The class of a storage, with its element type; null for an untyped storage.</summary>
internal sealed record TorchStorageType(string Name, ScalarType? DType);

/// <summary>
/// The allowlist of classes and functions in a pickle: ordered dictionaries, tensors, storages and their types, and NumPy scalars and arrays. All other names are
/// rejected, because a pickle runs code by importing and calling them (CVE-2025-32434, CVE-2026-24747).
/// </summary>
internal static class PickleGlobals
{
    private static readonly FrozenDictionary<string, object> Allowed = All().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The class or function with a name.</summary>
    /// <exception cref="CheckpointException">The name is not on the allowlist.</exception>
    public static object Find(string module, string name, string source) => Allowed.TryGetValue($"{module}.{name}", out var global)
        ? global
        : throw new CheckpointException($"{source}: the pickle refers to '{PrintableText.Of($"{module}.{name}")}', which is not on the list of allowed classes and functions. It was not executed.");

    private static Dictionary<string, object> All()
    {
        var all = new Dictionary<string, object>();
        foreach (var (storage, type) in new (string, ScalarType?)[]
        {
            ("DoubleStorage", ScalarType.Float64), ("FloatStorage", ScalarType.Float32), ("HalfStorage", ScalarType.Float16),
            ("BFloat16Storage", ScalarType.BFloat16), ("LongStorage", ScalarType.Int64), ("IntStorage", ScalarType.Int32),
            ("ShortStorage", ScalarType.Int16), ("CharStorage", ScalarType.Int8), ("ByteStorage", ScalarType.Byte),
            ("BoolStorage", ScalarType.Bool), ("UntypedStorage", null),
        })
        {
            all[$"torch.{storage}"] = all[$"torch.storage.{storage}"] = new TorchStorageType(storage, type);
        }

        foreach (var (name, type) in new[]
        {
            ("float64", ScalarType.Float64), ("double", ScalarType.Float64), ("float32", ScalarType.Float32), ("float", ScalarType.Float32),
            ("float16", ScalarType.Float16), ("half", ScalarType.Float16), ("bfloat16", ScalarType.BFloat16), ("int64", ScalarType.Int64),
            ("long", ScalarType.Int64), ("int32", ScalarType.Int32), ("int", ScalarType.Int32), ("int16", ScalarType.Int16),
            ("short", ScalarType.Int16), ("int8", ScalarType.Int8), ("uint8", ScalarType.Byte), ("bool", ScalarType.Bool),
        })
        {
            all[$"torch.{name}"] = type;
        }

        foreach (var function in new[]
        {
            new PickleFunction("collections.OrderedDict", OrderedDict),
            new PickleFunction("torch.Size", Size),
            new PickleFunction("torch._utils._rebuild_tensor_v2", TorchTensorReference.Rebuild),
            new PickleFunction("torch._utils._rebuild_tensor_v3", TorchTensorReference.Rebuild),
            new PickleFunction("torch._utils._rebuild_parameter", Parameter),
        })
        {
            all[function.Name] = function;
        }

        // NumPy 2 renamed the module numpy.core to numpy._core.
        foreach (var core in new[] { "numpy.core", "numpy._core" })
        {
            all[$"{core}.multiarray._reconstruct"] = new PickleFunction("numpy.core.multiarray._reconstruct", NumpyArray.Reconstruct);
            all[$"{core}.multiarray.scalar"] = new PickleFunction("numpy.core.multiarray.scalar", NumpyArray.Scalar);
        }

        all["numpy.dtype"] = new PickleFunction("numpy.dtype", NumpyDType.Make);
        all["numpy.ndarray"] = NumpyArrayClass.Instance;
        return all;
    }

    private static PickleDict OrderedDict(PickleList arguments, string source) => arguments.Count == 0
        ? new PickleDict()
        : throw new CheckpointException($"{source}: the pickle calls OrderedDict with {arguments.Count} arguments; none are expected.");

    private static PickleList Size(PickleList arguments, string source) => arguments is [PickleList sizes]
        ? new PickleList([.. sizes])
        : throw new CheckpointException($"{source}: the pickle calls torch.Size with an argument that is not a tuple.");

    private static TorchTensorReference Parameter(PickleList arguments, string source) => arguments is [TorchTensorReference tensor, ..] and { Count: <= 3 }
        ? tensor
        : throw new CheckpointException($"{source}: the pickle creates a parameter from an object that is not a tensor.");
}
