namespace AudioCraft.Hosting;

/// <summary>A model that generates, in a host.</summary>
public sealed class AudioCraftOptions : SoundModelOptions
{
    /// <summary>The released AudioGen, with the limits of a small service.</summary>
    public AudioCraftOptions() : base("facebook/audiogen-medium") { }

    /// <summary>What kind of model it is.</summary>
    public SoundModelKind Kind { get; set; } = SoundModelKind.AudioGen;

    /// <summary>Changes the model once it is loaded: its <see cref="BaseGenModel.GenerationParams"/> are what requests that say nothing get, its <see cref="BaseGenModel.MemoryLimit"/> bounds batches.</summary>
    public Action<BaseGenModel>? ConfigureModel { get; set; }

    /// <summary>
    /// Requests that may be made together, 1 to 256, default 4; fewer are, where the model's <see cref="BaseGenModel.MemoryLimit"/> says so. More sound is made in all, but each of them later:
    /// on two cores MusicGen-small makes twice as much with 4 as with one, and 2.6 times as much with 16 (benchmarks/README.md). A small model whose weights fit the processor's cache gains nothing.
    /// </summary>
    public int MaxBatchSize { get; set; } = 4;

    /// <summary>Longest sound that may be asked for, in seconds, a sound to go on from included: above 0, default 30.</summary>
    public double MaxDuration { get; set; } = 30;

    /// <summary>Longest description in characters, 1 or more, default 2000.</summary>
    public int MaxDescriptionLength { get; set; } = 2000;

    /// <summary>Sound in a piece of a stream after the first, in seconds: above 0 and at most 60, default 0.2. Smaller ones are heard sooner, larger ones are made faster.</summary>
    public double ChunkSeconds { get; set; } = 0.2;

    /// <summary>
    /// Sound of a stream that may wait for its listener, in seconds: above 0 and at most 86,400, default 30. Beyond it the model waits for the listener, and with it everybody else;
    /// where it is at least <see cref="MaxDuration"/>, that never happens.
    /// </summary>
    public double StreamAhead { get; set; } = 30;

    /// <summary>How long the model waits for a listener, above 0, before the listener is dropped with a <see cref="SlowListenerException"/>. At most a day, default 30 seconds.</summary>
    public TimeSpan ListenerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether descriptions may appear in logs and traces. They are what somebody typed: by default they never do.</summary>
    public bool RecordPrompts { get; set; }
}
