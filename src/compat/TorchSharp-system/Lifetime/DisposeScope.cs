using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// Owns the tensors made on its thread while it is the innermost scope, and disposes them when it is disposed.
/// A tensor knows its scope and its place there, so that entering and leaving cost nothing to speak of.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager manager;
    private List<IDisposable> items = [];
    private Dictionary<IDisposable, int>? places;
    private bool disposed;

    internal DisposeScope(DisposeScopeManager manager)
    {
        this.manager = manager;
        OuterScope = manager.Current;
    }

    internal DisposeScope? OuterScope { get; set; }

    public int DisposablesCount
    {
        get
        {
            CheckOpen();
            return items.Count;
        }
    }

    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            CheckOpen();
            return items.ToArray();
        }
    }

    public bool Contains(IDisposable disposable) => PlaceOf(disposable) >= 0;

    public void Attach(IDisposable disposable) => Attach([disposable]);

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    /// <summary>Takes things into this scope, out of the one they are in.</summary>
    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        CheckOpen();
        var taken = disposables.ToArray();
        foreach (var disposable in taken)
        {
            var tensor = disposable as Tensor;
            if (tensor?.OwningScope != this && PlaceOf(disposable) < 0)
            {
                tensor?.OwningScope?.Remove(tensor);
                Add(disposable);
                manager.Counts.TensorStatistics.AttachedToScopeCount += tensor is null ? 0 : 1;
            }
        }

        return taken;
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        DetachOne(disposable);
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (Detach(first), Detach(second));

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (Detach(first), Detach(second), Detach(third));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    /// <summary>Lets go of things without disposing them: from now on the caller does.</summary>
    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            DetachOne(disposable);
        }
    }

    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(OuterScope, disposable);

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    /// <summary>Hands one thing over; without another scope it is detached.</summary>
    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        CheckOpen();
        if (scope is null)
        {
            DetachOne(disposable);
        }
        else if (Remove(disposable))
        {
            scope.Add(disposable);
        }

        return disposable;
    }

    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second));

    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second), MoveToOther(scope, third));

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            MoveToOther(scope, disposable);
        }
    }

    public void DisposeEverything() => DisposeEverythingBut(Enumerable.Empty<IDisposable>());

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut([keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut([first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut([first, second, third]);
        return (first, second, third);
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    /// <summary>Disposes what the scope holds except some, which stay in it.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        CheckOpen();
        var kept = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        var held = items;
        items = [];
        places = null;
        foreach (var disposable in held)
        {
            if (kept.Count > 0 && kept.Contains(disposable))
            {
                Add(disposable);
                continue;
            }

            // A tensor's place was in the list that is gone: it must not give it back. It still counts as disposed in a scope.
            if (disposable is Tensor tensor)
            {
                tensor.ScopeIndex = -1;
            }

            disposable.Dispose();
        }
    }

    /// <summary>Forgets something that was disposed by itself.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        CheckOpen();
        Remove(disposable);
    }

    public void Dispose()
    {
        if (!disposed)
        {
            DisposeEverything();
            manager.Remove(this);
            disposed = true;
        }
    }

    internal void Add(IDisposable disposable)
    {
        SetPlace(disposable, items.Count);
        items.Add(disposable);
    }

    /// <summary>Takes something out; the last thing takes its place, so that the list stays dense.</summary>
    internal bool Remove(IDisposable disposable)
    {
        var place = PlaceOf(disposable);
        if (place < 0)
        {
            return false;
        }

        var last = items[^1];
        items.RemoveAt(items.Count - 1);
        if (!ReferenceEquals(last, disposable))
        {
            items[place] = last;
            SetPlace(last, place);
        }

        if (disposable is Tensor tensor)
        {
            tensor.OwningScope = null;
            tensor.ScopeIndex = -1;
        }
        else
        {
            places!.Remove(disposable);
        }

        return true;
    }

    private void SetPlace(IDisposable disposable, int place)
    {
        if (disposable is Tensor tensor)
        {
            tensor.OwningScope = this;
            tensor.ScopeIndex = place;
        }
        else
        {
            (places ??= new(ReferenceEqualityComparer.Instance))[disposable] = place;
        }
    }

    private void DetachOne(IDisposable disposable)
    {
        CheckOpen();
        if (Remove(disposable) && disposable is Tensor)
        {
            manager.Counts.TensorStatistics.DetachedFromScopeCount++;
        }
    }

    private int PlaceOf(IDisposable disposable)
    {
        if (disposable is Tensor tensor)
        {
            return ReferenceEquals(tensor.OwningScope, this) ? tensor.ScopeIndex : -1;
        }

        return places is not null && places.TryGetValue(disposable, out var place) ? place : -1;
    }

    private void CheckOpen() => ObjectDisposedException.ThrowIf(disposed, this);
}
