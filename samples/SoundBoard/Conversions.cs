using AudioCraft.Hosting;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>Limits the conversions that run at the same time, and thereby their memory. Clients take turns.</summary>
internal sealed class Conversions(IOptions<BoardOptions> options)
{
    private readonly FairSemaphore semaphore = new("conversions", options.Value.ConversionsAtOnce, options.Value.MaxQueueLength);

    /// <summary>Runs a conversion when it is the client's turn, not on the thread of the request.</summary>
    /// <exception cref="QueueFullException">Too many conversions are waiting.</exception>
    public async Task<T> RunAsync<T>(HttpContext context, Func<Task<T>> conversion)
    {
        using (await semaphore.WaitAsync(RateLimits.ClientOf(context), context.RequestAborted))
        {
            try
            {
                return await Task.Run(conversion, context.RequestAborted);
            }
            finally
            {
                // After the last of several conversions.
                if (semaphore.WaitingCount == 0)
                {
                    NativeHeap.Trim();
                }
            }
        }
    }
}
