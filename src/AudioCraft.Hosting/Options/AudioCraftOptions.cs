using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting;

/// <summary>Options of a generative model in a host.</summary>
public sealed class AudioCraftOptions : SoundModelOptions
{
    /// <summary>facebook/audiogen-medium with limits for a small service.</summary>
    public AudioCraftOptions() : base("facebook/audiogen-medium") { }

    /// <summary>The kind of model.</summary>
    public SoundModelKind Kind { get; set; } = SoundModelKind.AudioGen;

    /// <summary>Configures the model after loading: its <see cref="BaseGenModel.GenerationParams"/> are the defaults of requests, its <see cref="BaseGenModel.MemoryLimit"/> limits batches.</summary>
    public Action<BaseGenModel>? ConfigureModel { get; set; }

    /// <summary>
    /// The maximum number of requests in a batch, 1 to 256, default 4; <see cref="BaseGenModel.MemoryLimit"/> can reduce it. Larger batches have a higher throughput and a higher latency:
    /// on two cores MusicGen-small generates twice as much with 4 as with 1, and 2.6 times as much with 16 (benchmarks/README.md). A small model whose weights fit into the processor's cache gains nothing.
    /// </summary>
    public int MaxBatchSize { get; set; } = 4;

    /// <summary>The maximum duration of a request in seconds, including the audio to continue: above 0, default 30.</summary>
    public double MaxDuration { get; set; } = 30;

    /// <summary>The maximum length of a description in characters, 1 or more, default 2000.</summary>
    public int MaxDescriptionLength { get; set; } = 2000;

    /// <summary>The length of a chunk of a stream after the first, in seconds: above 0 and at most 60, default 0.2. Shorter chunks arrive sooner, longer ones are generated faster.</summary>
    public double ChunkSeconds { get; set; } = 0.2;

    /// <summary>
    /// The length of audio that is buffered for the consumer of a stream, in seconds: above 0 and at most 86,400, default 30. When it is reached, the model waits for the consumer,
    /// and so do all other requests. That cannot happen if it is at least <see cref="MaxDuration"/>.
    /// </summary>
    public double StreamAhead { get; set; } = 30;

    /// <summary>How long the model waits for the consumer before the stream ends with a <see cref="SlowConsumerException"/>: above 0 and at most one day, default 30 seconds.</summary>
    public TimeSpan ConsumerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether descriptions are included in logs and traces. Default false, because they are user input.</summary>
    public bool RecordPrompts { get; set; }
}

/// <summary>The kind of a generative model.</summary>
public enum SoundModelKind
{
    /// <summary><see cref="AudioCraft.AudioGen"/>: sound effects.</summary>
    AudioGen,

    /// <summary><see cref="AudioCraft.MusicGen"/>: music.</summary>
    MusicGen,
}

/// <summary>Validates the options and reports all errors.</summary>
internal sealed class AudioCraftOptionsValidator : IValidateOptions<AudioCraftOptions>
{
    public ValidateOptionsResult Validate(string? name, AudioCraftOptions options) =>
        new OptionsChecks(options).Common()
            .Require(Enum.IsDefined(options.Kind), nameof(options.Kind), options.Kind, "AudioGen or MusicGen")
            .Require(options.MaxBatchSize is >= 1 and <= 256, nameof(options.MaxBatchSize), options.MaxBatchSize, "1 to 256")
            .Require(OptionsChecks.IsSeconds(options.MaxDuration), nameof(options.MaxDuration), options.MaxDuration, "seconds, above 0 and at most one day,")
            .Require(options.MaxDescriptionLength >= 1, nameof(options.MaxDescriptionLength), options.MaxDescriptionLength, "1 or more")
            .Require(OptionsChecks.IsSeconds(options.ChunkSeconds, most: 60), nameof(options.ChunkSeconds), options.ChunkSeconds, "seconds, above 0 and at most 60,")
            .Require(OptionsChecks.IsSeconds(options.StreamAhead), nameof(options.StreamAhead), options.StreamAhead, "seconds, above 0 and at most one day,")
            .Require(OptionsChecks.IsSeconds(options.ConsumerTimeout.TotalSeconds), nameof(options.ConsumerTimeout), options.ConsumerTimeout, "more than 0 and at most one day")
            .Result;
}
