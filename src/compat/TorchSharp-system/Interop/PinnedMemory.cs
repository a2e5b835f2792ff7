using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>Tensors over .NET arrays, which the collector leaves in place until libtorch lets go of them.</summary>
internal static unsafe class PinnedMemory
{
    public static Tensor Over(Array array, long offset, ReadOnlySpan<long> shape, ScalarType type)
    {
        var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        fixed (long* sizes = shape)
        {
            var start = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array)) + (nint)offset;
            if (Native.FromMemory(start, sizes, shape.Length, (int)type, GCHandle.ToIntPtr(pin), &Unpin, out var tensor) < 0)
            {
                pin.Free();
                throw Native.LastError();
            }

            return new Tensor(tensor);
        }
    }

    [UnmanagedCallersOnly]
    private static void Unpin(nint handle) => GCHandle.FromIntPtr(handle).Free();
}
