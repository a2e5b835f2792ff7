namespace AudioCraft.Generation;

/// <summary>
/// Lets one call at a time use a model, and frees the model once it is disposed and idle. Waiting calls hold no thread and can be canceled.
/// </summary>
/// <param name="owner">The model, for exceptions.</param>
/// <param name="free">Frees the model. Called once.</param>
internal sealed class ModelGate(object owner, Action free) : IDisposable
{
    // Not disposed: late callers wait on it and then get ObjectDisposedException. It owns no native handle.
    private readonly SemaphoreSlim semaphore = new(1, 1);
    private int computingThread;
    private int disposed;
    private int freed;

    private bool IsDisposed => Volatile.Read(ref disposed) != 0;

    /// <summary>Waits for the model and computes on this thread.</summary>
    /// <exception cref="InvalidOperationException">The call comes from a callback of a call that is computing.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled while it waited.</exception>
    public T Run<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        semaphore.Wait(cancellationToken);
        return Compute(compute);
    }

    /// <summary>Waits for the model without holding a thread, then computes on a thread of the pool.</summary>
    /// <inheritdoc cref="Run"/>
    public async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        await semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Compute(compute), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Throws if the model has been disposed of. Long calls check before each step.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(IsDisposed, owner);

    /// <summary>Ends the use of the model: the running call throws at its next step, waiting and later calls throw, and the model is freed when none computes.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            FreeIfIdle();
        }
    }

    private T Compute<T>(Func<T> compute)
    {
        computingThread = Environment.CurrentManagedThreadId;
        try
        {
            ThrowIfDisposed();
            return compute();
        }
        finally
        {
            computingThread = 0;
            semaphore.Release();
            if (IsDisposed)
            {
                FreeIfIdle();
            }
        }
    }

    // A running call calls this again when it ends.
    private void FreeIfIdle()
    {
        if (!semaphore.Wait(0))
        {
            return;
        }

        try
        {
            if (Interlocked.Exchange(ref freed, 1) == 0)
            {
                free();
            }
        }
        finally
        {
            semaphore.Release();
        }
    }

    private void ThrowIfUnusable()
    {
        ThrowIfDisposed();
        if (computingThread == Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException("A model cannot generate inside a progress callback of its own call: start the call after the running one has ended.");
        }
    }
}
