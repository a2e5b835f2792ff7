using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The functions of native/, one to one.</summary>
internal static unsafe partial class Native
{
    private const string Library = "torch_system_shim";

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Load);

    [LibraryImport(Library, EntryPoint = "shim_last_error")]
    private static partial nint LastErrorText();

    [LibraryImport(Library, EntryPoint = "shim_torch_version")]
    public static partial nint TorchVersion();

    [LibraryImport(Library, EntryPoint = "shim_find_operator", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FindOperator(string name, string overload, out nint op);

    [LibraryImport(Library, EntryPoint = "shim_has_operator", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int HasOperator(string name, string overload);

    [LibraryImport(Library, EntryPoint = "shim_call")]
    public static partial int Call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity);

    [LibraryImport(Library, EntryPoint = "shim_free")]
    public static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "shim_tensor_free")]
    public static partial void TensorFree(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_dim"), SuppressGCTransition]
    public static partial long Dim(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_numel"), SuppressGCTransition]
    public static partial long Numel(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_size"), SuppressGCTransition]
    public static partial long Size(nint tensor, long dim);

    [LibraryImport(Library, EntryPoint = "shim_sizes"), SuppressGCTransition]
    public static partial void Sizes(nint tensor, long* sizes);

    [LibraryImport(Library, EntryPoint = "shim_stride"), SuppressGCTransition]
    public static partial long Stride(nint tensor, long dim);

    [LibraryImport(Library, EntryPoint = "shim_strides"), SuppressGCTransition]
    public static partial void Strides(nint tensor, long* strides);

    [LibraryImport(Library, EntryPoint = "shim_storage_offset"), SuppressGCTransition]
    public static partial long StorageOffset(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_element_size"), SuppressGCTransition]
    public static partial long ElementSize(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_is_contiguous"), SuppressGCTransition]
    public static partial int IsContiguous(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_is_sparse"), SuppressGCTransition]
    public static partial int IsSparse(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_dtype"), SuppressGCTransition]
    public static partial int DType(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_device_type"), SuppressGCTransition]
    public static partial int DeviceType(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_device_index"), SuppressGCTransition]
    public static partial int DeviceIndex(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_requires_grad"), SuppressGCTransition]
    public static partial int RequiresGrad(nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_set_requires_grad")]
    public static partial int SetRequiresGrad(nint tensor, int on);

    [LibraryImport(Library, EntryPoint = "shim_data")]
    public static partial int Data(nint tensor, out nint data);

    [LibraryImport(Library, EntryPoint = "shim_from_memory")]
    public static partial int FromMemory(
        nint data, long* sizes, int dims, int dtype, nint context, delegate* unmanaged<nint, void> free, out nint tensor);

    [LibraryImport(Library, EntryPoint = "shim_grad")]
    public static partial int Grad(nint tensor, out nint gradient);

    [LibraryImport(Library, EntryPoint = "shim_set_grad")]
    public static partial int SetGrad(nint tensor, nint gradient);

    [LibraryImport(Library, EntryPoint = "shim_backward")]
    public static partial int Backward(
        nint* outputs, int outputCount, nint* gradients, int gradientCount, int retainGraph, int createGraph, nint* inputs, int inputCount);

    [LibraryImport(Library, EntryPoint = "shim_gradients")]
    public static partial int Gradients(
        nint* outputs, int outputCount, nint* inputs, int inputCount, nint* gradients, int gradientCount, int retainGraph, int createGraph,
        int allowUnused, nint* results);

    [LibraryImport(Library, EntryPoint = "shim_set_num_threads")]
    public static partial void SetNumThreads(int count);

    [LibraryImport(Library, EntryPoint = "shim_get_num_threads")]
    public static partial int GetNumThreads();

    [LibraryImport(Library, EntryPoint = "shim_set_num_interop_threads")]
    public static partial int SetNumInteropThreads(int count);

    [LibraryImport(Library, EntryPoint = "shim_get_num_interop_threads")]
    public static partial int GetNumInteropThreads();

    [LibraryImport(Library, EntryPoint = "shim_is_grad_enabled"), SuppressGCTransition]
    public static partial int IsGradEnabled();

    [LibraryImport(Library, EntryPoint = "shim_set_grad_enabled"), SuppressGCTransition]
    public static partial void SetGradEnabled(int on);

    [LibraryImport(Library, EntryPoint = "shim_enter_inference_mode")]
    public static partial nint EnterInferenceMode(int on);

    [LibraryImport(Library, EntryPoint = "shim_leave_inference_mode")]
    public static partial void LeaveInferenceMode(nint guard);

    [LibraryImport(Library, EntryPoint = "shim_is_inference_mode"), SuppressGCTransition]
    public static partial int IsInferenceMode();

    [LibraryImport(Library, EntryPoint = "shim_new_generator")]
    public static partial nint NewGenerator(ulong seed);

    [LibraryImport(Library, EntryPoint = "shim_default_generator")]
    public static partial nint DefaultGenerator();

    [LibraryImport(Library, EntryPoint = "shim_free_generator")]
    public static partial void FreeGenerator(nint generator);

    [LibraryImport(Library, EntryPoint = "shim_generator_set_seed")]
    public static partial void GeneratorSetSeed(nint generator, ulong seed);

    [LibraryImport(Library, EntryPoint = "shim_generator_new_seed")]
    public static partial ulong GeneratorNewSeed(nint generator);

    [LibraryImport(Library, EntryPoint = "shim_generator_seed")]
    public static partial ulong GeneratorSeed(nint generator);

    [LibraryImport(Library, EntryPoint = "shim_generator_get_state")]
    public static partial int GeneratorGetState(nint generator, out nint state);

    [LibraryImport(Library, EntryPoint = "shim_generator_set_state")]
    public static partial int GeneratorSetState(nint generator, nint state);

    [LibraryImport(Library, EntryPoint = "shim_manual_seed")]
    public static partial int ManualSeed(ulong seed);

    [LibraryImport(Library, EntryPoint = "shim_cuda_device_count")]
    public static partial int CudaDeviceCount();

    [LibraryImport(Library, EntryPoint = "shim_cudnn_is_available")]
    public static partial int CudnnIsAvailable();

    [LibraryImport(Library, EntryPoint = "shim_cuda_synchronize")]
    public static partial int CudaSynchronize(int index);

    [LibraryImport(Library, EntryPoint = "shim_cuda_manual_seed")]
    public static partial int CudaManualSeed(ulong seed, int all);

    /// <summary>Turns a failure code into the exception that TorchSharp raises, with libtorch's words and without its backtrace.</summary>
    public static void Check(int code)
    {
        if (code < 0)
        {
            throw LastError();
        }
    }

    public static ExternalException LastError() => new(Marshal.PtrToStringUTF8(LastErrorText()));

    /// <summary>The shim lies beside this assembly, or where the system looks for libraries. What is missing is said in plain words.</summary>
    private static nint Load(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library)
        {
            return 0;
        }

        OpenMPWaiting.Passive();
        if (NativeLibrary.TryLoad(Library, assembly, DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories, out var handle))
        {
            return handle;
        }

        try
        {
            return NativeLibrary.Load(Library, assembly, DllImportSearchPath.AssemblyDirectory);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(
                $"libtorch could not be loaded: the native half of TorchSharp-system ({Library}) or a library that it needs is missing. "
                + $"Run eng/setup.sh and build again. The loader said: {error.Message}",
                error);
        }
    }
}
