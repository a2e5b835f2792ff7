using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>Addresses of the elements of tensors on the CPU. libtorch's memory does not move; the caller keeps the tensor alive.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>Whether a kernel can read the elements as float32: contiguous, on the CPU, and within the size of a span.</summary>
    public static bool IsFloat32(Tensor tensor) =>
        tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU && tensor.is_contiguous() && tensor.numel() <= int.MaxValue / sizeof(float);

    /// <summary>Address of the elements of a contiguous float32 tensor.</summary>
    /// <exception cref="ArgumentException">The tensor is of another type or device, not contiguous, or larger than a span.</exception>
    public static float* Float32(Tensor tensor) => IsFloat32(tensor)
        ? (float*)Bytes(tensor)
        : throw new ArgumentException(
            $"A contiguous float32 tensor on the CPU with at most {int.MaxValue / sizeof(float)} elements was expected, not {tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}.",
            nameof(tensor));

    /// <summary>Address of the elements of a contiguous CPU tensor of any type, of at most 2 GiB.</summary>
    public static byte* Bytes(Tensor tensor) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
