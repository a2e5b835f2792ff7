namespace AudioCraft.Layers;

/// <summary>
/// While one is open on this thread, new parameters are allocated but not filled, because a checkpoint is about to overwrite them:
/// no time goes into random numbers, and memory that nothing has written to is not resident yet.
/// </summary>
internal sealed class DeferredInitialization : IDisposable
{
    [ThreadStatic]
    private static int depth;

    public DeferredInitialization() => depth++;

    public static bool IsActive => depth > 0;

    public void Dispose() => depth--;
}
