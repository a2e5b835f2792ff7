using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>What a tensor is: shape, element type and place. Nothing here allocates but <see cref="shape"/> and its like.</content>
    public partial class Tensor
    {
        public long Dimensions => Read(Native.Dim(Handle));

        public long ndim => Dimensions;

        public long dim() => Dimensions;

        public long NumberOfElements => Read(Native.Numel(Handle));

        public long numel() => NumberOfElements;

        public long ElementSize => Read(Native.ElementSize(Handle));

        public long element_size() => ElementSize;

        public ScalarType dtype => (ScalarType)Read(Native.DType(Handle));

        public DeviceType device_type => (DeviceType)Read(Native.DeviceType(Handle));

        public int device_index => (int)Read(Native.DeviceIndex(Handle));

        public Device device => new(device_type, device_index);

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_sparse => Read(Native.IsSparse(Handle)) != 0;

        public bool is_contiguous() => Read(Native.IsContiguous(Handle)) != 0;

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_pinned() => Aten.IsPinned.Invoke(this).First.Payload != 0;

        public bool is_conj() => Aten.IsConj.Invoke(this).First.Payload != 0;

        public bool is_neg() => Aten.IsNeg.Invoke(this).First.Payload != 0;

        /// <exception cref="InvalidOperationException">More or less than one element.</exception>
        public bool is_nonzero() => NumberOfElements == 1
            ? Aten.IsNonzero.Invoke(this).First.Payload != 0
            : throw new InvalidOperationException($"is_nonzero() asks for one element, but there are {NumberOfElements}.");

        public unsafe long[] shape
        {
            get
            {
                var sizes = new long[Dimensions];
                fixed (long* target = sizes)
                {
                    Native.Sizes(Handle, target);
                }

                GC.KeepAlive(this);
                return sizes;
            }
        }

        public long[] size() => shape;

        /// <param name="dim">Counted from the end where negative.</param>
        public long size(int dim) => Read(Native.Size(Handle, Wrapped(dim)));

        public unsafe long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* target = strides)
            {
                Native.Strides(Handle, target);
            }

            GC.KeepAlive(this);
            return strides;
        }

        public long stride(int dim) => Read(Native.Stride(Handle, Wrapped(dim)));

        public long storage_offset() => Read(Native.StorageOffset(Handle));

        private long Wrapped(int dim)
        {
            var dims = Native.Dim(Handle);
            return dim >= -dims && dim < dims
                ? dim < 0 ? dim + dims : dim
                : throw new ArgumentOutOfRangeException(nameof(dim), dim, $"The tensor has {dims} dimensions.");
        }

        /// <summary>The tensor outlives the native call that read the value.</summary>
        private long Read(long value)
        {
            GC.KeepAlive(this);
            return value;
        }
    }
}
