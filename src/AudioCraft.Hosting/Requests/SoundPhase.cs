namespace AudioCraft.Hosting;

/// <summary>Where a request is.</summary>
public enum SoundPhase
{
    /// <summary>In the queue.</summary>
    Waiting,

    /// <summary>With the model.</summary>
    Running,
}
