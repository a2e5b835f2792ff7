using static TorchSharp.torch;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace TorchSharp.Tests;

/// <summary>A test whose tensors are disposed when it ends. Tests run one after the other, because some count every tensor of the process.</summary>
public abstract class ScopedTest : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Tensors alive after everything unreachable has been finalized.</summary>
    protected static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    protected static Tensor Floats(long[] shape, params float[] values) => tensor(values, shape);

    /// <summary>0, 1, 2, … scaled, in a shape.</summary>
    protected static Tensor Ramp(params long[] shape) => arange(shape.TotalSize(), ScalarType.Float32).div(10).reshape(shape);

    protected static void Equal(Tensor actual, long[] shape, params double[] values)
    {
        Assert.Equal(shape, actual.shape);
        var found = actual.to(ScalarType.Float64).data<double>().ToArray();
        Assert.Equal(values.Length, found.Length);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.True(
                found[i].Equals(values[i]) || Math.Abs(found[i] - values[i]) <= 1e-5 * Math.Max(1, Math.Abs(values[i])),
                $"element {i} is {found[i]}, not {values[i]}");
        }
    }
}
