namespace AudioCraft.Checkpoints;

/// <summary>
/// A NumPy array from a pickle. <c>_reconstruct</c> creates an empty array; its state then sets the shape, the element type and the bytes,
/// whose number must match the shape.
/// </summary>
internal sealed class NumpyArray : IPickleStateful
{
    private const int MaximumDimensions = 32;

    private byte[] bytes = [];
    private string source = "";
    private bool fortran;

    private NumpyArray() { }

    /// <summary>Size of each dimension.</summary>
    public IReadOnlyList<int> Shape { get; private set; } = [0];

    /// <summary>Element type; null before the state is set.</summary>
    public NumpyDType? DType { get; private set; }

    /// <summary>The elements of an array of objects; null for an array of numbers.</summary>
    public PickleList? Objects { get; private set; }

    /// <summary>Number of elements.</summary>
    public int Count { get; private set; }

    /// <summary><c>numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b')</c>.</summary>
    public static NumpyArray Reconstruct(PickleList arguments, string source) => arguments is [NumpyArrayClass, PickleList, byte[] or string]
        ? new NumpyArray()
        : throw new CheckpointException($"{source}: the pickle calls numpy _reconstruct with unsupported arguments; only numpy.ndarray is supported.");

    /// <summary><c>numpy.core.multiarray.scalar(dtype, bytes)</c>, converted to the number.</summary>
    public static object Scalar(PickleList arguments, string source) => arguments is [NumpyDType { Kind: not 'O' } type, byte[] data] && data.Length == type.Size
        ? type.Read(data, source)
        : throw new CheckpointException($"{source}: a NumPy scalar in the pickle has an unsupported type, or its number of bytes does not match its type.");

    /// <inheritdoc/>
    public void SetState(object? state, string source)
    {
        if (DType is not null || state is not PickleList { Count: 5 } list || list[1] is not PickleList shape || list[2] is not NumpyDType type
            || list[3] is not bool inFortranOrder || CountOf(shape) is not { } count)
        {
            throw Wrong("has an invalid state; (version, shape, dtype, is_fortran, data) is expected");
        }

        if (type.Kind == 'O' ? list[4] is not PickleList objects || objects.Count != count : list[4] is not byte[] data || data.LongLength != (long)count * type.Size)
        {
            throw Wrong("has data that does not match its shape and element type");
        }

        (Count, DType, fortran, this.source) = (count, type, inFortranOrder, source);
        Shape = [.. shape.Select(n => (int)(long)n!)];
        Objects = list[4] as PickleList;
        bytes = list[4] as byte[] ?? [];

        CheckpointException Wrong(string fault) => new($"{source}: a NumPy array in the pickle {fault}.");
    }

    /// <summary>The elements in row-major order: each a <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</summary>
    /// <exception cref="CheckpointException">The elements are objects, or an unsigned element exceeds the range of a <see cref="long"/>.</exception>
    public IEnumerable<object> Numbers()
    {
        if (DType is null or { Kind: 'O' })
        {
            throw new CheckpointException($"{source}: a NumPy array of numbers was expected.");
        }

        for (var i = 0; i < Count; i++)
        {
            yield return DType.Read(bytes.AsSpan((fortran ? FortranIndex(i) : i) * DType.Size, DType.Size), source);
        }
    }

    /// <summary>The position in column-major order of an element with an index in row-major order.</summary>
    private int FortranIndex(int index)
    {
        var (result, step) = (0, Count);
        for (var d = Shape.Count - 1; d >= 0; d--)
        {
            step /= Shape[d];
            (index, var position) = Math.DivRem(index, Shape[d]);
            result += position * step;
        }

        return result;
    }

    /// <summary>Number of elements of a shape; null if the shape is invalid or has too many elements.</summary>
    private static int? CountOf(PickleList shape)
    {
        if (shape.Count > MaximumDimensions)
        {
            return null;
        }

        var count = 1L;
        foreach (var size in shape)
        {
            if (size is not (long and >= 0 and <= int.MaxValue) || (count *= (long)size) > int.MaxValue)
            {
                return null;
            }
        }

        return (int)count;
    }
}

/// <summary>The class <c>numpy.ndarray</c>, an argument of <c>_reconstruct</c>.</summary>
internal sealed class NumpyArrayClass
{
    public static readonly NumpyArrayClass Instance = new();

    private NumpyArrayClass() { }
}
