namespace AudioCraft.Checkpoints;

/// <summary>
/// A NumPy array or number as pickled, inert. <c>_reconstruct</c> makes an empty array, whose state then says shape, element type and bytes:
/// there are exactly as many bytes as the shape needs.
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

    /// <summary>Elements that are objects; null where they are numbers.</summary>
    public PickleList? Objects { get; private set; }

    /// <summary>Number of elements.</summary>
    public int Count { get; private set; }

    /// <summary><c>numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b')</c>.</summary>
    public static NumpyArray Reconstruct(PickleList arguments, string source) => arguments is [NumpyArrayClass, PickleList, byte[] or string]
        ? new NumpyArray()
        : throw new CheckpointException($"{source}: the pickle reconstructs something other than a NumPy array.");

    /// <summary><c>numpy.core.multiarray.scalar(dtype, bytes)</c>, as the number itself.</summary>
    public static object Scalar(PickleList arguments, string source) => arguments is [NumpyDType { Kind: not 'O' } type, byte[] data] && data.Length == type.Size
        ? type.Read(data, source)
        : throw new CheckpointException($"{source}: the pickle has a NumPy number whose bytes do not fit its type.");

    /// <inheritdoc/>
    public void SetState(object? state, string source)
    {
        if (DType is not null || state is not PickleList { Count: 5 } list || list[1] is not PickleList shape || list[2] is not NumpyDType type
            || list[3] is not bool inFortranOrder || CountOf(shape) is not { } count)
        {
            throw Wrong("has a state other than a shape, an element type, an order and its elements");
        }

        if (type.Kind == 'O' ? list[4] is not PickleList objects || objects.Count != count : list[4] is not byte[] data || data.LongLength != (long)count * type.Size)
        {
            throw Wrong("does not have the elements that its shape needs");
        }

        (Count, DType, fortran, this.source) = (count, type, inFortranOrder, source);
        Shape = [.. shape.Select(n => (int)(long)n!)];
        Objects = list[4] as PickleList;
        bytes = list[4] as byte[] ?? [];

        CheckpointException Wrong(string fault) => new($"{source}: a NumPy array in the pickle {fault}.");
    }

    /// <summary>The elements, the last dimension fastest: each a <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</summary>
    /// <exception cref="CheckpointException">They are objects, or one is too large.</exception>
    public IEnumerable<object> Numbers()
    {
        if (DType is null or { Kind: 'O' })
        {
            throw new CheckpointException($"{source}: a NumPy array of numbers was expected.");
        }

        for (var i = 0; i < Count; i++)
        {
            yield return DType.Read(bytes.AsSpan((fortran ? FortranPlace(i) : i) * DType.Size, DType.Size), source);
        }
    }

    /// <summary>Where the element stands when the first dimension is the fastest.</summary>
    private int FortranPlace(int index)
    {
        var (place, step) = (0, Count);
        for (var d = Shape.Count - 1; d >= 0; d--)
        {
            step /= Shape[d];
            (index, var position) = Math.DivRem(index, Shape[d]);
            place += position * step;
        }

        return place;
    }

    /// <summary>The product of a shape, or null if it is not one or there could not be so many bytes.</summary>
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

/// <summary>The class <c>numpy.ndarray</c>, as an argument.</summary>
internal sealed class NumpyArrayClass
{
    public static readonly NumpyArrayClass Instance = new();

    private NumpyArrayClass() { }
}
