using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// An argument of an operator on its way to the native half. Conversions make one from whatever a method of the API was given;
/// it lives on the stack, pins nothing until the call, and keeps alive what it was made from. <c>default</c> means the operator's own default.
/// </summary>
internal readonly unsafe ref struct Argument
{
    private readonly Tag tag;
    private readonly int length;
    private readonly long payload;
    private readonly ref byte data;
    private readonly object? owner;

    private Argument(Tag tag, long payload = 0, int length = 0, object? owner = null)
    {
        this.tag = tag;
        this.payload = payload;
        this.length = length;
        this.owner = owner;
    }

    private Argument(Tag tag, ref byte data, int length, object? owner = null)
    {
        this.tag = tag;
        this.data = ref data;
        this.length = length;
        this.owner = owner;
    }

    public static Argument None => new(Tag.None);

    /// <summary>Where a list's items are, for pinning; a null reference for everything else.</summary>
    public ref byte Data => ref data;

    public static implicit operator Argument(Tensor? value) =>
        value is null ? None : new(Tag.Tensor, value.Handle, 0, value);

    public static implicit operator Argument(long value) => new(Tag.Int, value);

    public static implicit operator Argument(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(bool value) => new(Tag.Bool, value ? 1 : 0);

    public static implicit operator Argument(long? value) => value is { } number ? number : None;

    public static implicit operator Argument(double? value) => value is { } number ? number : None;

    public static implicit operator Argument(bool? value) => value is { } truth ? truth : None;

    public static implicit operator Argument(ScalarType value) => new(Tag.Int, (long)value);

    public static implicit operator Argument(ScalarType? value) => value is { } type ? type : None;

    public static implicit operator Argument(Device? value) =>
        value is null ? None : new(Tag.Device, (long)value.type, value.index);

    public static implicit operator Argument(Generator? value) =>
        value is null ? None : new(Tag.Generator, value.Handle, 0, value);

    public static implicit operator Argument(Scalar? value) => value?.Kind switch
    {
        null => None,
        Tag.Complex => new(Tag.Complex, ref Bytes(value.ComplexParts), 2, value),
        var kind => new(kind.Value, value.Payload),
    };

    public static implicit operator Argument(ReadOnlySpan<long> value) =>
        new(Tag.IntList, ref Unsafe.As<long, byte>(ref MemoryMarshal.GetReference(value)), value.Length);

    public static implicit operator Argument(long[]? value) =>
        value is null ? None : (ReadOnlySpan<long>)value;

    public static implicit operator Argument(double[]? value) =>
        value is null ? None : new(Tag.DoubleList, ref Bytes(value), value.Length);

    public static implicit operator Argument(string? value)
    {
        if (value is null)
        {
            return None;
        }

        var bytes = Encoding.UTF8.GetBytes(value);
        return new(Tag.String, ref MemoryMarshal.GetArrayDataReference(bytes), bytes.Length);
    }

    public static implicit operator Argument(Tensor?[] value) => Tensors(value);

    /// <summary>A list of tensors; null stands for an absent one where the operator allows it.</summary>
    public static Argument Tensors(IReadOnlyList<Tensor?> value)
    {
        var handles = new nint[value.Count];
        for (var i = 0; i < handles.Length; i++)
        {
            handles[i] = value[i]?.Handle ?? 0;
        }

        return new(Tag.TensorList, ref Unsafe.As<nint, byte>(ref MemoryMarshal.GetArrayDataReference(handles)), handles.Length, value);
    }

    /// <summary>The native form. <paramref name="pinned"/> is <see cref="Data"/>, pinned by the caller.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NativeValue ToNative(byte* pinned) => new()
    {
        Tag = tag,
        Length = length,
        Payload = pinned is null ? payload : (long)pinned,
    };

    /// <summary>Nothing that this was made from may be collected before this point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void KeepAlive() => GC.KeepAlive(owner);

    private static ref byte Bytes(double[] value) =>
        ref Unsafe.As<double, byte>(ref MemoryMarshal.GetArrayDataReference(value));
}
