namespace AudioCraft.Hosting;

/// <summary>
/// A sound that is being made for one listener. It is enumerated once; leaving the enumeration, or disposing, ends the making.
/// The enumeration throws what the making failed with, and <see cref="SlowListenerException"/> where the listener fell back for too long.
/// </summary>
public sealed class LiveSound : IAsyncEnumerable<SoundChunk>, IAsyncDisposable
{
    private readonly StreamedSoundJob job;
    private readonly RequestQueue queue;
    private readonly CancellationToken caller;
    private int begun;

    internal LiveSound(StreamedSoundJob job, RequestQueue queue, CancellationToken caller) => (this.job, this.queue, this.caller) = (job, queue, caller);

    /// <summary>The seed that the sound is made with: the request's, or the one that was chosen.</summary>
    public long Seed => job.Seed;

    /// <summary>The pieces, in order.</summary>
    /// <param name="cancellationToken">Ends the making, as the token does that the request was made with.</param>
    /// <exception cref="InvalidOperationException">It is enumerated a second time.</exception>
    public async IAsyncEnumerator<SoundChunk> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref begun, 1) != 0)
        {
            throw new InvalidOperationException("The pieces of this sound have been taken already.");
        }

        try
        {
            await foreach (var chunk in job.Chunks.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                // What was made before is of no use to somebody who has cancelled.
                caller.ThrowIfCancellationRequested();
                cancellationToken.ThrowIfCancellationRequested();
                yield return chunk;
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Ends the making.</summary>
    public ValueTask DisposeAsync()
    {
        Leave();
        return ValueTask.CompletedTask;
    }

    private void Leave() => job.Leave(queue, new OperationCanceledException("The listener left."));
}
