using System.Collections.Frozen;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A function that a pickle may call; it makes an inert object of its arguments.</summary>
internal sealed class PickleFunction(string name, Func<PickleList, string, object?> body)
{
    public string Name => name;

    /// <param name="arguments">What the pickle gives.</param>
    /// <param name="source">The file, for messages.</param>
    public object? Call(PickleList arguments, string source) => body(arguments, source);
}

/// <summary>The class of a storage: which says the type of its elements, or, for an untyped one, nothing.</summary>
internal sealed record TorchStorageType(string Name, ScalarType? DType);

/// <summary>
/// The classes and functions that a checkpoint's pickle may name: ordered dictionaries, tensors, storages and their types, and NumPy's numbers and arrays. Everything else is refused by name,
/// because a name that is looked up and called is how a pickle runs code (CVE-2025-32434, CVE-2026-24747).
/// </summary>
internal static class PickleGlobals
{
    private static readonly FrozenDictionary<string, object> Allowed = All().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What a name stands for.</summary>
    /// <exception cref="CheckpointException">It is not on the list; nothing has been looked up or run.</exception>
    public static object Find(string module, string name, string source) => Allowed.TryGetValue($"{module}.{name}", out var global)
        ? global
        : throw new CheckpointException($"{source}: the pickle names '{module}.{name}', which is not among the few classes and functions that weights need; it has not been run.");

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

        // Numbers and arrays of NumPy, whose module was renamed in its version 2.
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
        : throw new CheckpointException($"{source}: the pickle makes an OrderedDict of {arguments.Count} arguments; torch.save gives it none.");

    private static PickleList Size(PickleList arguments, string source) => arguments is [PickleList sizes]
        ? new PickleList(true, [.. sizes])
        : throw new CheckpointException($"{source}: the pickle makes a torch.Size of something that is not a tuple.");

    private static TorchTensorReference Parameter(PickleList arguments, string source) => arguments is [TorchTensorReference tensor, ..] and { Count: <= 3 }
        ? tensor
        : throw new CheckpointException($"{source}: the pickle makes a parameter of something that is not a tensor.");
}
