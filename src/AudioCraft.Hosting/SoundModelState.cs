namespace AudioCraft.Hosting;

/// <summary>Where a model is in its life.</summary>
public enum SoundModelState
{
    /// <summary>It is loaded when it is first asked for.</summary>
    NotLoaded,

    /// <summary>It is being found, downloaded or put together. Requests are taken, and wait.</summary>
    Loading,

    /// <summary>It is loaded.</summary>
    Ready,

    /// <summary>It could not be loaded. Requests are refused until <see cref="SoundModelOptions.RetryLoadAfter"/> has passed; then it is tried again.</summary>
    Failed,

    /// <summary>The host is stopping: what was accepted is finished, nothing more is taken.</summary>
    Stopping,

    /// <summary>It is over, and its memory is free.</summary>
    Stopped,
}
