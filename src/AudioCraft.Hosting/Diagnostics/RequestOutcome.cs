namespace AudioCraft.Hosting;

/// <summary>How requests end, as measurements and traces say it.</summary>
internal static class RequestOutcome
{
    public const string Completed = "completed";
    public const string Cancelled = "cancelled";
    public const string Failed = "failed";
    public const string Invalid = "invalid";
    public const string Dropped = "dropped";
    public const string QueueFull = "queue_full";
    public const string Unavailable = "unavailable";

    public static string Of(Exception? error) => error switch
    {
        null => Completed,
        OperationCanceledException => Cancelled,
        ArgumentException => Invalid,
        SlowListenerException => Dropped,
        QueueFullException => QueueFull,
        SoundModelUnavailableException => Unavailable,
        _ => Failed,
    };
}
