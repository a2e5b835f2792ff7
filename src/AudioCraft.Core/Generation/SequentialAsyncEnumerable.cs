namespace AudioCraft.Generation;

/// <summary>
/// A sequence whose enumerators reject overlapping calls. The enumerator that the compiler generates for an iterator does not check for them: a second call of
/// <c>MoveNextAsync</c> before the first has completed would end the process with an exception on a thread of the pool.
/// </summary>
internal sealed class SequentialAsyncEnumerable<T>(IAsyncEnumerable<T> source) : IAsyncEnumerable<T>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(source.GetAsyncEnumerator(cancellationToken));

    private sealed class Enumerator(IAsyncEnumerator<T> source) : IAsyncEnumerator<T>
    {
        private int isBusy;

        public T Current => source.Current;

        public async ValueTask<bool> MoveNextAsync()
        {
            Enter();
            try
            {
                return await source.MoveNextAsync().ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref isBusy, 0);
            }
        }

        public async ValueTask DisposeAsync()
        {
            Enter();
            try
            {
                await source.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref isBusy, 0);
            }
        }

        private void Enter()
        {
            if (Interlocked.Exchange(ref isBusy, 1) != 0)
            {
                throw new InvalidOperationException("The previous call of MoveNextAsync has not completed: await it first.");
            }
        }
    }
}
