using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>What a <see cref="NativeValue"/> holds; the same numbers as in native/shim.h.</summary>
internal enum Tag
{
    Default = 0,
    None = 1,
    Tensor = 2,
    Int = 3,
    Double = 4,
    Bool = 5,
    String = 6,
    IntList = 7,
    DoubleList = 8,
    TensorList = 9,
    Device = 10,
    Generator = 11,
    Complex = 12,
    Unsupported = 99,
}

/// <summary>An argument or a result as the native half sees it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct NativeValue
{
    public Tag Tag;
    public int Length;
    public long Payload;

    public readonly double Number => BitConverter.Int64BitsToDouble(Payload);

    /// <summary>A result of a tensor kind; the tensor owns what the value held.</summary>
    public readonly Tensor ToTensor() => ToOptionalTensor() ?? throw new InvalidOperationException("libtorch returned no tensor.");

    public readonly Tensor? ToOptionalTensor() => Tag == Tag.Tensor && Payload != 0 ? new Tensor((nint)Payload) : null;

    public readonly Tensor[] ToTensors()
    {
        var handles = new ReadOnlySpan<nint>((void*)Payload, Length);
        var tensors = new Tensor[handles.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new Tensor(handles[i]);
        }

        Native.Free((nint)Payload);
        return tensors;
    }

    public readonly Scalar ToScalar()
    {
        switch (Tag)
        {
            case Tag.Int:
                return Payload;
            case Tag.Double:
                return Number;
            case Tag.Bool:
                return Payload != 0;
            case Tag.Complex:
                var parts = (double*)Payload;
                Scalar value = new System.Numerics.Complex(parts[0], parts[1]);
                Native.Free((nint)Payload);
                return value;
            default:
                throw new InvalidOperationException("libtorch returned no number.");
        }
    }
}
