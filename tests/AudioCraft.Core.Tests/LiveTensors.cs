using Xunit.Sdk;
using static TorchSharp.torch;

namespace AudioCraft.Tests;

/// <summary>Counts the native tensors that an action leaves alive.</summary>
internal static class LiveTensors
{
    /// <summary>The number of live native tensors after pending finalizers have run.</summary>
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

    /// <summary>Asserts that an action leaves no native tensor alive.</summary>
    public static void NoneLeft(Action action) => Left(0, action);

    /// <summary>
    /// Asserts that an action that creates modules leaves no native tensor alive. TorchSharp 0.106.0 counts a parameter twice and subtracts it once
    /// (its source tensor is emptied, not disposed), so with it the count must increase by the same number each time.
    /// </summary>
    public static void NoneLeftOfModules(Action action)
    {
        action();
        var surplus = ParameterSurplus();
        var start = Count();
        action();
        var first = Tensor.TotalCount - start;
        action();
        var second = Tensor.TotalCount - start - first;
        if (first != second || (surplus == 0 && first != 0))
        {
            throw new XunitException($"{first}, then {second} native tensors more are alive than before; TorchSharp counts {surplus} too many a parameter.");
        }
    }

    private static long ParameterSurplus()
    {
        var before = Tensor.TotalCount;
        new TorchSharp.Modules.Parameter(zeros(1)).Dispose();
        return Tensor.TotalCount - before;
    }
}
