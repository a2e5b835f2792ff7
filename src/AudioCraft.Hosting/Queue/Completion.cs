namespace AudioCraft.Hosting;

/// <summary>How a task ends that does not succeed.</summary>
internal static class Completion
{
    /// <summary>Cancelled where the caller cancelled, else failed.</summary>
    public static void Fail<T>(TaskCompletionSource<T> completion, Exception error)
    {
        if (error is OperationCanceledException cancelled)
        {
            completion.SetCanceled(cancelled.CancellationToken);
        }
        else
        {
            completion.SetException(error);
        }
    }
}
