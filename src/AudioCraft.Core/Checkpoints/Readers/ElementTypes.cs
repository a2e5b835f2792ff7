using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Element types and sizes of stored tensors, with checked arithmetic.</summary>
internal static class ElementTypes
{
    /// <summary>The largest supported number of dimensions. libtorch's kernels support 64.</summary>
    public const int MaximumDimensions = 32;

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Floating-point numbers, integers and booleans are supported."),
    };

    /// <summary>Parses the dtype of a safetensors header.</summary>
    public static bool TryParseSafetensors(string name, out ScalarType type)
    {
        ScalarType? found = name switch
        {
            "F64" => ScalarType.Float64,
            "F32" => ScalarType.Float32,
            "F16" => ScalarType.Float16,
            "BF16" => ScalarType.BFloat16,
            "I64" => ScalarType.Int64,
            "I32" => ScalarType.Int32,
            "I16" => ScalarType.Int16,
            "I8" => ScalarType.Int8,
            "U8" => ScalarType.Byte,
            "BOOL" => ScalarType.Bool,
            _ => null,
        };
        type = found.GetValueOrDefault();
        return found is not null;
    }

    /// <summary>The dtype of an element type in a safetensors header.</summary>
    public static string SafetensorsName(ScalarType type) => type switch
    {
        ScalarType.Float64 => "F64",
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Int16 => "I16",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Floating-point numbers, integers and booleans are supported."),
    };

    /// <summary>Number of elements of a shape that has been validated.</summary>
    public static long Count(ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var size in shape)
        {
            count = checked(count * size);
        }

        return count;
    }

    /// <summary>
    /// Computes the number of elements of a shape from a file. Returns false if a size is negative, there are too many dimensions, or the product of the
    /// sizes other than 0 overflows: libtorch multiplies them even if another size is 0.
    /// </summary>
    public static bool TryCount(ReadOnlySpan<long> shape, out long count)
    {
        count = 0;
        if (shape.Length > MaximumDimensions)
        {
            return false;
        }

        var product = 1L;
        var empty = false;
        foreach (var size in shape)
        {
            if (size < 0 || (size > 0 && product > long.MaxValue / size))
            {
                return false;
            }

            empty |= size == 0;
            product *= Math.Max(size, 1);
        }

        count = empty ? 0 : product;
        return true;
    }

    /// <summary>Checks that elements are inside the file.</summary>
    public static void CheckRange(CheckpointFile file, long offset, ScalarType type, long count)
    {
        if (offset < 0 || offset > file.Length || count > (file.Length - offset) / SizeOf(type))
        {
            throw new CheckpointException($"{file.Path}: {count} elements of {type} at offset {offset} exceed the file size of {file.Length} bytes.");
        }
    }
}
