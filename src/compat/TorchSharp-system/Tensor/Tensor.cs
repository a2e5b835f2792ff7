using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A multi-dimensional array in libtorch's memory. It is released when disposed, by the dispose scope it was made in, or at last by the finalizer.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;

        private nint handle;

        /// <param name="handle">A native tensor, of which this object takes one reference over.</param>
        internal Tensor(nint handle)
        {
            this.handle = handle;
            CountOne();
            DisposeScopeManager.OfThread.Created(this);
        }

        /// <summary>Takes over another tensor's native tensor and its place in its scope; the other one is left empty.</summary>
        internal Tensor(Tensor replaced)
        {
            handle = replaced.Handle;
            replaced.handle = 0;
            GC.SuppressFinalize(replaced);
            if (replaced.OwningScope is { } scope && scope.Remove(replaced))
            {
                scope.Add(this);
            }
        }

        ~Tensor() => Dispose(false);

        /// <summary>Tensors alive in this process.</summary>
        public static long TotalCount => Interlocked.Read(ref totalCount);

        /// <summary>The most there have been.</summary>
        public static long PeakCount => Interlocked.Read(ref peakCount);

        /// <exception cref="InvalidOperationException">The tensor has been disposed.</exception>
        public nint Handle
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => handle != 0 ? handle : ThrowEmpty();
        }

        /// <summary>Whether the tensor has been disposed.</summary>
        public bool IsInvalid => handle == 0;

        /// <summary>A name for people; libtorch knows nothing of it.</summary>
        public string? name { get; set; }

        internal DisposeScope? OwningScope { get; set; }

        internal int ScopeIndex { get; set; } = -1;

        /// <summary>Wraps a native tensor (an intrusive TensorImpl*), taking one reference over.</summary>
        public static Tensor UnsafeCreateTensor(nint handle) => new(handle);

        /// <summary>Gives the native tensor away: the caller owns the reference and this object is empty.</summary>
        public nint DecoupleFromNativeHandle()
        {
            var given = Handle;
            handle = 0;
            OwningScope?.Remove(this);
            GC.SuppressFinalize(this);
            Interlocked.Decrement(ref totalCount);
            return given;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var released = Interlocked.Exchange(ref handle, 0);
            if (released == 0)
            {
                return;
            }

            // The finalizer's thread has no business with the scopes and statistics of the thread that made the tensor.
            if (disposing)
            {
                var scope = OwningScope;
                DisposeScopeManager.OfThread.Disposed(scope is not null);
                scope?.Remove(this);
            }

            Interlocked.Decrement(ref totalCount);
            Native.TensorFree(released);
        }

        /// <summary>Hands the tensor from its scope to the next one outside, or to the caller where there is none.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>From now on no scope disposes it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            OwningScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningScope is { } scope)
            {
                scope.MoveToOther(other, this);
            }
            else
            {
                other?.Attach(this);
            }

            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningScope);

        public override bool Equals(object? obj) => obj is Tensor tensor && Equals(tensor);

        /// <summary>Same shape and same elements.</summary>
        public bool Equals(Tensor target) => Aten.Equal.Invoke(this, target).First.Payload != 0;

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        private static void CountOne()
        {
            var count = Interlocked.Increment(ref totalCount);
            if (count > peakCount)
            {
                peakCount = count;
            }
        }

        private static nint ThrowEmpty() => throw new InvalidOperationException("Tensor invalid -- empty handle.");
    }
}
