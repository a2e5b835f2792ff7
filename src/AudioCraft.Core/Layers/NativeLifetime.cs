namespace AudioCraft.Layers;

/// <summary>
/// Keeps native memory alive while calls use it, so that an object can be disposed at any time and from any thread: its memory is freed when the last running call has ended.
/// </summary>
/// <param name="owner">The object that owns the memory, for exceptions.</param>
internal sealed class NativeLifetime(object owner)
{
    private readonly Lock sync = new();
    private int uses;
    private bool isClosed, isReleased;
    private Action? whenIdle;

    /// <summary>Begins a use, which ends when the result is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The owner is disposed.</exception>
    public Use Enter()
    {
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isClosed, owner);
            uses++;
        }

        return new Use(this);
    }

    /// <summary>Ends the lifetime: frees the memory now, or at the end of the last use. Later calls have no effect.</summary>
    /// <param name="release">Frees the memory. Called once.</param>
    public void Dispose(Action release) => Close(() =>
    {
        if (!Interlocked.Exchange(ref isReleased, true))
        {
            release();
        }
    });

    /// <summary>Rejects new uses, and calls an action when there is none: now, or at the end of the last use.</summary>
    /// <param name="action">Frees the memory, or the owner's owner, which also frees it.</param>
    public void Close(Action action)
    {
        lock (sync)
        {
            isClosed = true;
            if (uses > 0)
            {
                whenIdle += action;
                return;
            }
        }

        action();
    }

    private void Leave()
    {
        Action? action = null;
        lock (sync)
        {
            if (--uses == 0)
            {
                (action, whenIdle) = (whenIdle, null);
            }
        }

        action?.Invoke();
    }

    /// <summary>A use of the memory.</summary>
    public readonly struct Use(NativeLifetime lifetime) : IDisposable
    {
        /// <summary>Ends the use.</summary>
        public void Dispose() => lifetime.Leave();
    }
}
