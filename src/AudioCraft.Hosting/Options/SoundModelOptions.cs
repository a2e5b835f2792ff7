namespace AudioCraft.Hosting;

/// <summary>What holds for every model in a host.</summary>
public abstract class SoundModelOptions
{
    private protected SoundModelOptions(string model) => Model = model;

    /// <summary>The name of a bundled model, a directory or file, or the name of a repository on the Hugging Face Hub.</summary>
    public string Model { get; set; }

    /// <summary>How to find and load it. Where it has no logger, the host's is used.</summary>
    public PretrainedOptions Pretrained { get; set; } = new();

    /// <summary>When to load it. Default: when the host starts, in the background.</summary>
    public ModelLoading Loading { get; set; } = ModelLoading.OnStart;

    /// <summary>After a model could not be loaded: how long requests are refused before it is tried again. 1 second to a day, default 30 seconds.</summary>
    public TimeSpan RetryLoadAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that may wait, those that are being worked on not counted; one more is refused at once. 1 to 100,000, default 64.</summary>
    public int MaxQueueLength { get; set; } = 64;

    /// <summary>Longest sound that a request may give, or give the codes of, in seconds: above 0, default 600. Memory grows with it.</summary>
    public double MaxSoundDuration { get; set; } = 600;
}
