namespace AudioCraft.Hosting;

/// <summary>Work of seconds or minutes, which must not hold a thread of the pool.</summary>
internal static class OwnThread
{
    public static Task<T> Run<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
