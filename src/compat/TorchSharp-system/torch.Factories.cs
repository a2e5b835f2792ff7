using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>From <paramref name="start"/> up to but not including <paramref name="stop"/>; of whole numbers where all three are.</summary>
    public static Tensor arange(
        Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var type = dtype ?? (start.IsFloat || stop.IsFloat || step.IsFloat ? defaultType : ScalarType.Int64);
        return Made(Aten.ArangeStartStep.Call(start, stop, step, type, Argument.None, InitializeDevice(device)), requires_grad);
    }

    public static Tensor linspace(
        double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.Linspace.Call(start, end, steps, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad);

    public static Tensor logspace(
        double start, double end, long steps, double @base = 10d, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.Logspace.Call(start, end, steps, @base, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad);

    public static Tensor eye(
        long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.EyeM.Call(rows, columns < 0 ? rows : columns, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad, names);

    public static Tensor randint(
        long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null)
    {
        var type = dtype ?? ScalarType.Int64;
        var place = InitializeDevice(device);
        var result = generator is null
            ? Aten.RandintLow.Call(low, high, size, type, Argument.None, place)
            : Aten.RandintLowGenerator.Call(low, high, size, generator, type, Argument.None, place);
        return Made(result, requires_grad, names);
    }

    public static Tensor randint(
        long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randperm(
        long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null)
    {
        var type = dtype ?? ScalarType.Int64;
        var place = InitializeDevice(device);
        var result = generator is null
            ? Aten.Randperm.Call(n, type, Argument.None, place)
            : Aten.RandpermGenerator.Call(n, generator, type, Argument.None, place);
        return Made(result, requires_grad);
    }

    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) => Aten.NormalTensorTensor.Call(mean, std, generator);

    public static Tensor normal(
        double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(
            Aten.NormalFloatFloat.Call(mean, std, size, generator, TypeOf(dtype), Argument.None, InitializeDevice(device)),
            requires_grad,
            names);

    public static Tensor complex(Tensor real, Tensor imag) => Aten.Complex.Call(real, imag);

    public static Tensor polar(Tensor abs, Tensor angle) => Aten.Polar.Call(abs, angle);

    public static Tensor hann_window(
        long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.HannWindowPeriodic.Call(len, periodic, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad);

    public static Tensor bartlett_window(
        long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.BartlettWindowPeriodic.Call(len, periodic, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad);

    public static Tensor blackman_window(
        long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.BlackmanWindowPeriodic.Call(len, periodic, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad);

    public static Tensor hamming_window(
        long len, bool periodic = true, float alpha = 0.54f, float beta = 0.46f, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false) =>
        Made(
            Aten.HammingWindowPeriodicAlphaBeta.Call(
                len, periodic, (double)alpha, (double)beta, TypeOf(dtype), Argument.None, InitializeDevice(device)),
            requires_grad);

    public static Tensor empty_strided(
        long[] size, long[] strides, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.EmptyStrided.Call(size, strides, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad, names);

    public static Tensor tril_indices(
        long row, long col, long offset = 0L, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Aten.TrilIndices.Call(row, col, offset, dtype, Argument.None, InitializeDevice(device));

    public static Tensor triu_indices(
        long row, long col, long offset = 0L, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Aten.TriuIndices.Call(row, col, offset, dtype, Argument.None, InitializeDevice(device));

    /// <summary>
    /// A tensor over the memory-mapped bytes of a file; pages are read when they are touched. Without <paramref name="shared"/>,
    /// what is written to the tensor stays in memory.
    /// </summary>
    /// <param name="size">Elements, of which the file must have at least as many bytes.</param>
    public static Tensor from_file(
        string filename, bool? shared = null, long? size = 0L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.FromFile.Call(filename, shared, size, TypeOf(dtype), Argument.None, InitializeDevice(device)), requires_grad);

    /// <summary>A tensor over an array's own memory, which stays where it is as long as the tensor lives: writing to either shows in both.</summary>
    /// <param name="offset">Bytes to leave out at the beginning.</param>
    /// <param name="count">Elements, or −1 for all that are left.</param>
    /// <exception cref="ArgumentOutOfRangeException">The array does not have that many bytes.</exception>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1L, long offset = 0L, bool requires_grad = false)
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        var size = TensorExtensionMethods.ElementSize(dtype);
        var available = (long)Buffer.ByteLength(rawArray) - offset;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (count < 0)
        {
            count = Math.Max(available, 0) / size;
        }

        if (count > available / size)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"{count} elements of {dtype} were asked for from byte {offset} on, where there are {available} bytes.");
        }

        return Made(PinnedMemory.Over(rawArray, offset, [count], dtype), requires_grad);
    }

    /// <summary>As <see cref="frombuffer"/>, with the array's own shape and element type unless another one is given.</summary>
    public static Tensor from_array(
        Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        var type = TypeOf(rawArray.GetType().GetElementType()!);
        var shape = Enumerable.Range(0, rawArray.Rank).Select(rawArray.GetLongLength).ToArray();
        var shared = PinnedMemory.Over(rawArray, 0, shape, type);
        return Made(Moved(shared, dtype, device), requires_grad, names);
    }

    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null) =>
        data.to(dtype ?? data.dtype, device ?? data.device);

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) => from_array(data, dtype, device);

    public static Tensor tensor(Complex scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        FromSpan<Complex>([scalar], [], dtype, device, requires_grad);

    internal static Tensor tensor(Scalar scalar, ScalarType? dtype = null, Device? device = null) =>
        Aten.ScalarTensor.Call(scalar, dtype ?? scalar.Type, Argument.None, InitializeDevice(device));

    private static Tensor FromArray<T>(Array values, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) where T : unmanaged
    {
        var span = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length);
        var shape = Enumerable.Range(0, values.Rank).Select(values.GetLongLength).ToArray();
        return FromSpan(span, shape, dtype, device, requires_grad, names);
    }

    private static unsafe Tensor FromSpan<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ScalarType? dtype, Device? device, bool requires_grad, string[]? names = null)
        where T : unmanaged
    {
        long product = 1;
        foreach (var size in shape)
        {
            product = checked(product * size);
        }

        if (product != values.Length)
        {
            throw new ArgumentException($"{values.Length} values do not fill the shape [{string.Join(", ", shape.ToArray())}].", nameof(shape));
        }

        var result = Aten.EmptyMemoryFormat.Call(shape, TypeOf(typeof(T)), Argument.None, CPU);
        values.CopyTo(new Span<T>((void*)result.DataPointer(), values.Length));
        return Made(Moved(result, dtype, device), requires_grad, names);
    }

    private static Tensor Moved(Tensor result, ScalarType? dtype, Device? device)
    {
        var type = dtype ?? result.dtype;
        var place = InitializeDevice(device);
        return result.WouldCopy(type, place) ? result.to(type, place, disposeAfter: true) : result;
    }

    private static Tensor Made(Tensor result, bool requires_grad, string[]? names = null)
    {
        if (names is not null)
        {
            result.Dispose();
            throw new ArgumentException("Dimensions cannot be named here.", nameof(names));
        }

        if (requires_grad)
        {
            result.requires_grad = true;
        }

        return result;
    }

    private static ScalarType TypeOf(ScalarType? asked) => asked ?? defaultType;

    private static ScalarType TypeOf(Scalar value) => value.Type == ScalarType.Float64 ? defaultType : value.Type;

    private static ScalarType TypeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => ScalarType.Byte,
        TypeCode.SByte => ScalarType.Int8,
        TypeCode.Int16 => ScalarType.Int16,
        TypeCode.Int32 => ScalarType.Int32,
        TypeCode.Int64 => ScalarType.Int64,
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        TypeCode.Boolean => ScalarType.Bool,
        _ when type == typeof(Half) => ScalarType.Float16,
        _ when type == typeof(Complex) => ScalarType.ComplexFloat64,
        _ when type == typeof((float, float)) => ScalarType.ComplexFloat32,
        _ => throw new ArgumentException($"There is no element type for {type.Name}.", nameof(type)),
    };
}
