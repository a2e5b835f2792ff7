using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The version of the libtorch that the shim was compiled against.</summary>
    public static string __version__ => Marshal.PtrToStringUTF8(Native.TorchVersion()) ?? "";

    /// <summary>Threads that one operator may use.</summary>
    public static int get_num_threads() => Native.GetNumThreads();

    public static void set_num_threads(int num)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(num, 1);
        Native.SetNumThreads(num);
    }

    /// <summary>Threads for operators that run side by side.</summary>
    public static int get_num_interop_threads() => Native.GetNumInteropThreads();

    public static void set_num_interop_threads(int num) => Native.Check(Native.SetNumInteropThreads(num));

    /// <summary>Until disposed, results need no gradients. For the calling thread.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.IsGradEnabled() != 0;

    /// <summary>Until disposed, tensors are made without what autograd needs. For the calling thread, which must also be the one that disposes it.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceModeGuard(mode);

    public static bool is_inference_mode_enabled() => Native.IsInferenceMode() != 0;

    /// <summary>Whether the operators of this thread build a graph; put back on disposal.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly bool before = is_grad_enabled();
        private bool disposed;

        public GradMode(bool enabled) => Native.SetGradEnabled(enabled ? 1 : 0);

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                Native.SetGradEnabled(before ? 1 : 0);
            }
        }
    }

    /// <summary>
    /// libtorch keeps the state that a guard must put back inside the guard, so guards of a thread are left the innermost first:
    /// anything else would leave the thread in a mode nobody asked for, and is refused instead.
    /// </summary>
    private sealed class InferenceModeGuard : IDisposable
    {
        [ThreadStatic]
        private static InferenceModeGuard? innermost;

        private readonly InferenceModeGuard? outer;
        private readonly int thread = Environment.CurrentManagedThreadId;
        private nint guard;

        public InferenceModeGuard(bool mode)
        {
            outer = innermost;
            guard = Native.EnterInferenceMode(mode ? 1 : 0);
            innermost = this;
        }

        public void Dispose()
        {
            if (guard == 0)
            {
                return;
            }

            if (thread != Environment.CurrentManagedThreadId)
            {
                throw new InvalidOperationException("inference_mode is left on the thread that entered it; was there an await in between?");
            }

            if (!ReferenceEquals(innermost, this))
            {
                throw new InvalidOperationException("inference_mode guards are left in the opposite order of entering; one entered later is still open.");
            }

            innermost = outer;
            Native.LeaveInferenceMode(guard);
            guard = 0;
        }
    }
}
