using System.Numerics;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A single number of any kind, as operators take it beside tensors. It holds no native memory here.</summary>
public sealed class Scalar : IDisposable
{
    internal Tag Kind { get; }

    internal long Payload { get; }

    internal double[] ComplexParts { get; } = [];

    private Scalar(Tag kind, long payload, ScalarType type)
    {
        Kind = kind;
        Payload = payload;
        Type = type;
    }

    private Scalar(Complex value, ScalarType type) : this(Tag.Complex, 0, type) => ComplexParts = [value.Real, value.Imaginary];

    public ScalarType Type { get; }

    internal double Number => Kind switch
    {
        Tag.Double => BitConverter.Int64BitsToDouble(Payload),
        Tag.Complex => ComplexParts[0],
        _ => Payload,
    };

    internal long Integer => Kind is Tag.Int or Tag.Bool ? Payload : (long)Number;

    internal bool IsFloat => Kind is Tag.Double or Tag.Complex;

    public static implicit operator Scalar(byte value) => new(Tag.Int, value, ScalarType.Int64);

    public static implicit operator Scalar(sbyte value) => new(Tag.Int, value, ScalarType.Int64);

    public static implicit operator Scalar(short value) => new(Tag.Int, value, ScalarType.Int64);

    public static implicit operator Scalar(int value) => new(Tag.Int, value, ScalarType.Int64);

    public static implicit operator Scalar(long value) => new(Tag.Int, value, ScalarType.Int64);

    public static implicit operator Scalar(float value) => FromDouble(value);

    public static implicit operator Scalar(double value) => FromDouble(value);

    public static implicit operator Scalar(Half value) => FromDouble((double)value);

    public static implicit operator Scalar(bool value) => new(Tag.Bool, value ? 1 : 0, ScalarType.Bool);

    public static implicit operator Scalar((float, float) value) => new(new Complex(value.Item1, value.Item2), ScalarType.ComplexFloat64);

    public static implicit operator Scalar(Complex value) => new(value, ScalarType.ComplexFloat64);

    /// <summary>Nothing to release; there because TorchSharp's scalars are native.</summary>
    public void Dispose()
    {
    }

    private static Scalar FromDouble(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value), ScalarType.Float64);
}
