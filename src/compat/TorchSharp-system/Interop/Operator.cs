using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>
/// An operator of libtorch, such as <c>aten::add.Tensor</c>, found by name at its first call.
/// Calls allocate nothing but the tensors they return.
/// </summary>
internal sealed unsafe partial class Operator
{
    private readonly string name;
    private readonly string overload;
    private nint handle;

    /// <param name="fullName">Name and, after a dot, overload.</param>
    public Operator(string fullName)
    {
        var dot = fullName.IndexOf('.', StringComparison.Ordinal);
        name = dot < 0 ? fullName : fullName[..dot];
        overload = dot < 0 ? "" : fullName[(dot + 1)..];
    }

    /// <summary>Whether this libtorch has the operator.</summary>
    public bool Exists => handle != 0 || Native.HasOperator(name, overload) == 1;

    private nint Handle
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => handle != 0 ? handle : Find();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint Find()
    {
        // Two threads may both find it: the second one's few bytes are never freed, which is cheaper than a lock.
        Native.Check(Native.FindOperator(name, overload, out var found));
        return handle = found;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Run(NativeValue* arguments, int count, ref Results results)
    {
        var operation = Handle;
        fixed (Results* target = &results)
        {
            if (Native.Call(operation, arguments, count, (NativeValue*)target, Results.Capacity) < 0)
            {
                throw Native.LastError();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RunInPlace(NativeValue* arguments, int count)
    {
        if (Native.Call(Handle, arguments, count, null, 0) < 0)
        {
            throw Native.LastError();
        }
    }
}

/// <summary>What an operator returned. Each result is taken at most once: taking it passes on what it owns.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Results
{
    public const int Capacity = 4;

    public NativeValue First;
    public NativeValue Second;
    public NativeValue Third;
    public NativeValue Fourth;

    public readonly (torch.Tensor, torch.Tensor) Pair() => (First.ToTensor(), Second.ToTensor());

    public readonly (torch.Tensor, torch.Tensor, torch.Tensor) Triple() => (First.ToTensor(), Second.ToTensor(), Third.ToTensor());
}
