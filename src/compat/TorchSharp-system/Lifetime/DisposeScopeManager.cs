using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>The dispose scopes of a thread and what became of its tensors.</summary>
public class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? ofThread;

    internal static DisposeScopeManager OfThread => ofThread ??= new DisposeScopeManager();

    public static ThreadDisposeScopeStatistics Statistics => OfThread.Counts;

    internal ThreadDisposeScopeStatistics Counts { get; } = new();

    internal DisposeScope? Current { get; private set; }

    internal DisposeScope Open() => Current = new DisposeScope(this);

    internal void Created(Tensor tensor)
    {
        if (Current is { } scope)
        {
            Counts.TensorStatistics.CreatedInScopeCount++;
            scope.Add(tensor);
        }
        else
        {
            Counts.TensorStatistics.CreatedOutsideScopeCount++;
        }
    }

    internal void Disposed(bool inScope)
    {
        if (inScope)
        {
            Counts.TensorStatistics.DisposedInScopeCount++;
        }
        else
        {
            Counts.TensorStatistics.DisposedOutsideScopeCount++;
        }
    }

    internal void Remove(DisposeScope closed)
    {
        if (ReferenceEquals(Current, closed))
        {
            Current = closed.OuterScope;
            return;
        }

        // Closed out of order: the scope inside it now continues in the one outside it.
        for (var scope = Current; scope is not null; scope = scope.OuterScope)
        {
            if (ReferenceEquals(scope.OuterScope, closed))
            {
                scope.OuterScope = closed.OuterScope;
                return;
            }
        }
    }
}

public static partial class torch
{
    /// <summary>Tensors made on this thread until the scope is disposed are disposed with it, unless they are moved out.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.OfThread.Open();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.OfThread.Current;

    /// <summary>Evaluates an expression in a scope of its own; only the result survives.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }
}
