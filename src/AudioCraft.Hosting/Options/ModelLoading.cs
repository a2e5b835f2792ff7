namespace AudioCraft.Hosting;

/// <summary>When a model is loaded.</summary>
public enum ModelLoading
{
    /// <summary>When the host starts, in the background: the application answers meanwhile, and requests wait for the model.</summary>
    OnStart,

    /// <summary>When the host starts, which waits for it and fails with it.</summary>
    BeforeStart,

    /// <summary>When it is first asked for.</summary>
    OnFirstUse,
}
