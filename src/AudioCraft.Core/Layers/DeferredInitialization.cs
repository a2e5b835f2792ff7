namespace AudioCraft.Layers;

/// <summary>
/// While an instance exists on this thread, new parameters are allocated but not initialized, because a checkpoint is about to overwrite them.
/// This saves the time for random numbers, and untouched memory is not resident.
/// </summary>
internal sealed class DeferredInitialization : IDisposable
{
    [ThreadStatic]
    private static int depth;

    public DeferredInitialization() => depth++;

    public static bool IsActive => depth > 0;

    public void Dispose() => depth--;
}
