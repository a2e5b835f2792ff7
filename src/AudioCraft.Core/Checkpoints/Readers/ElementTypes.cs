using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Element types and sizes of stored tensors, in checked arithmetic.</summary>
internal static class ElementTypes
{
    /// <summary>More dimensions than any model has; libtorch's own kernels stop at 64.</summary>
    public const int MaximumDimensions = 32;

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Stored tensors are real numbers, integers or booleans."),
    };

    /// <summary>The element type of a safetensors header's dtype.</summary>
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

    /// <summary>The dtype that a safetensors header gives to an element type.</summary>
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
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A safetensors file holds real numbers, integers and booleans."),
    };

    /// <summary>Number of elements of a shape that is known to be sane.</summary>
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
    /// Number of elements of a shape from a file. False if a size is negative, there are too many dimensions, or the product does not fit:
    /// a zero does not excuse the others, because libtorch multiplies them too.
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

    /// <summary>Refuses elements that are not all inside the file.</summary>
    public static void CheckRange(CheckpointFile file, long offset, ScalarType type, long count)
    {
        if (offset < 0 || offset > file.Length || count > (file.Length - offset) / SizeOf(type))
        {
            throw new CheckpointException($"{file.Path}: {count} elements of {type} at byte {offset} are beyond its end at {file.Length}.");
        }
    }
}
