using System.Buffers.Binary;
using AudioCraft.Formats;

namespace AudioCraft.Checkpoints;

/// <summary>An object whose state a pickle sets after creating it (opcode BUILD).</summary>
internal interface IPickleStateful
{
    /// <summary>Sets the state.</summary>
    /// <exception cref="CheckpointException">The state is invalid.</exception>
    void SetState(object? state, string source);
}

/// <summary>A NumPy element type from a pickle, such as <c>numpy.dtype('u2', False, True)</c>: integers, floating-point numbers, booleans or objects.</summary>
internal sealed class NumpyDType : IPickleStateful
{
    private NumpyDType(char kind, int size) => (Kind, Size) = (kind, size);

    /// <summary><c>u</c>, <c>i</c>, <c>f</c>, <c>b</c> or <c>O</c>.</summary>
    public char Kind { get; }

    /// <summary>Bytes of an element; unused for objects.</summary>
    public int Size { get; }

    /// <summary>Whether elements are big-endian.</summary>
    public bool BigEndian { get; private set; }

    public static NumpyDType Make(PickleList arguments, string source)
    {
        if (arguments is [string { Length: 2 } name, ..] && arguments.Count <= 3
            && (name is ['u' or 'i', '1' or '2' or '4' or '8'] or "f4" or "f8" or "b1" or "O8" or "O4"))
        {
            return new NumpyDType(name[0], name[1] - '0');
        }

        throw new CheckpointException($"{source}: the pickle uses a NumPy element type that is not supported{(arguments is [string other, ..] ? $": '{PrintableText.Of(other, 20)}'" : "")}.");
    }

    /// <inheritdoc/>
    public void SetState(object? state, string source)
    {
        if (state is not PickleList { Count: >= 2 and <= 9 } list || list[1] is not ("<" or ">" or "|" or "="))
        {
            throw new CheckpointException($"{source}: the state of a NumPy element type has no byte order.");
        }

        BigEndian = list[1] is ">";
    }

    /// <summary>Reads an element as <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</summary>
    /// <exception cref="CheckpointException">An unsigned element exceeds the range of a <see cref="long"/>.</exception>
    public object Read(ReadOnlySpan<byte> bytes, string source) => Kind switch
    {
        'f' => Size == 4 ? (double)BitConverter.UInt32BitsToSingle((uint)Bits(bytes)) : BitConverter.UInt64BitsToDouble(Bits(bytes)),
        'b' => bytes[0] != 0,
        'i' => (long)(Bits(bytes) << (64 - (8 * Size))) >> (64 - (8 * Size)),
        _ => Unsigned(Bits(bytes), source),
    };

    private static long Unsigned(ulong bits, string source) =>
        bits <= long.MaxValue ? (long)bits : throw new CheckpointException($"{source}: the number {bits} in the pickle exceeds {long.MaxValue}.");

    private ulong Bits(ReadOnlySpan<byte> bytes)
    {
        Span<byte> wide = stackalloc byte[8];
        wide.Clear();
        bytes[..Size].CopyTo(BigEndian ? wide[(8 - Size)..] : wide);
        return BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(wide) : BinaryPrimitives.ReadUInt64LittleEndian(wide);
    }
}
