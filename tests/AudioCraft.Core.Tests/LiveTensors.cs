using Xunit.Sdk;
using static TorchSharp.torch;

namespace AudioCraft.Tests;

/// <summary>Counts the native tensors that a piece of code leaves alive.</summary>
internal static class LiveTensors
{
    /// <summary>Native tensors alive now, after finalizers of what earlier code dropped have run.</summary>
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    /// <summary>The action leaves exactly <paramref name="left"/> more native tensors alive than there were. Nothing is collected in between: what is not disposed counts.</summary>
    public static void Left(long left, Action action)
    {
        var before = Count();
        action();
        var after = Tensor.TotalCount;
        if (after - before != left)
        {
            throw new XunitException($"{after - before} native tensors more are alive than before; {left} were expected.");
        }
    }

    /// <summary>The action leaves no native tensor alive.</summary>
    public static void NoneLeft(Action action) => Left(0, action);
}
