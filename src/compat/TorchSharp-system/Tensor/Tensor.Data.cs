using System.Runtime.CompilerServices;
using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <content>The elements as .NET sees them.</content>
    public partial class Tensor
    {
        /// <summary>The elements in order, whatever the strides. On another device than the CPU they are copied first.</summary>
        /// <exception cref="ArgumentException">The elements are not of type <typeparamref name="T"/>.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            CheckType<T>();
            return new TensorAccessor<T>(is_cpu() ? this : cpu());
        }

        /// <exception cref="ArgumentException">More or less than one element, or another element type.</exception>
        public unsafe T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"item() asks for one element, but the shape is [{string.Join(", ", shape)}].");
            }

            CheckType<T>();
            if (!is_cpu())
            {
                using var copy = cpu();
                return copy.item<T>();
            }

            var value = *(T*)DataPointer();
            GC.KeepAlive(this);
            return value;
        }

        /// <summary>The memory of a contiguous tensor on the CPU. It is valid as long as the tensor is.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                if (!is_cpu())
                {
                    throw new InvalidOperationException($"The bytes of a tensor can be reached on the CPU, but it is on {device}.");
                }

                if (!is_contiguous())
                {
                    throw new InvalidOperationException("The bytes of a tensor can be reached where it is contiguous: call contiguous() first.");
                }

                var length = checked(NumberOfElements * ElementSize);
                return length <= int.MaxValue
                    ? new Span<byte>((void*)DataPointer(), (int)length)
                    : throw new InvalidOperationException($"A span holds up to {int.MaxValue} bytes, but the tensor has {length}: take it in parts.");
            }

            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                {
                    throw new ArgumentException($"The tensor has {target.Length} bytes, but {value.Length} were given.", nameof(value));
                }

                value.CopyTo(target);
            }
        }

        public Scalar ToScalar() => Aten._LocalScalarDense.Invoke(this).First.ToScalar();

        /// <summary>Writes the bytes of the elements in order.</summary>
        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            ArgumentNullException.ThrowIfNull(stream);
            using var source = is_cpu() && is_contiguous() ? alias() : cpu().contiguous();
            foreach (var part in source.ByteParts())
            {
                stream.Write(part.Span);
            }
        }

        /// <summary>Reads the elements' bytes in order.</summary>
        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            ArgumentNullException.ThrowIfNull(stream);
            if (!is_cpu() || !is_contiguous())
            {
                throw new InvalidOperationException("Bytes are read into contiguous tensors on the CPU.");
            }

            foreach (var part in ByteParts())
            {
                stream.ReadExactly(part.Span);
            }
        }

        internal nint DataPointer()
        {
            Native.Check(Native.Data(Handle, out var data));
            return data;
        }

        private IEnumerable<BytePart> ByteParts()
        {
            var start = DataPointer();
            var total = checked(NumberOfElements * ElementSize);
            const int Most = 1 << 24;
            for (long done = 0; done < total; done += Most)
            {
                yield return new BytePart((nint)(start + done), (int)Math.Min(Most, total - done));
            }
        }

        private void CheckType<T>() where T : unmanaged
        {
            if (Unsafe.SizeOf<T>() != ElementSize || !Matches(typeof(T)))
            {
                throw new ArgumentException($"{typeof(T).Name} is not the .NET type of {dtype}.");
            }
        }

        private bool Matches(Type type) => dtype switch
        {
            ScalarType.Byte => type == typeof(byte),
            ScalarType.Int8 => type == typeof(sbyte),
            ScalarType.Int16 => type == typeof(short),
            ScalarType.Int32 => type == typeof(int),
            ScalarType.Int64 => type == typeof(long),
            ScalarType.Float16 => type == typeof(Half),
            ScalarType.BFloat16 => type == typeof(Half) || type == typeof(ushort),
            ScalarType.Float32 => type == typeof(float),
            ScalarType.Float64 => type == typeof(double),
            ScalarType.Bool => type == typeof(bool),
            ScalarType.ComplexFloat32 => type == typeof((float, float)),
            ScalarType.ComplexFloat64 => type == typeof(System.Numerics.Complex),
            _ => false,
        };

        private readonly struct BytePart(nint start, int length)
        {
            public unsafe Span<byte> Span => new((void*)start, length);
        }
    }
}
