namespace AudioCraft.Hosting;

/// <summary>A request for audio. Parameters that are null use the default of the model.</summary>
/// <param name="Description">The text; empty for unconditional generation.</param>
public sealed record SoundRequest(string Description)
{
    /// <summary>The length in seconds, including <see cref="Continue"/>.</summary>
    public double? Duration { get; init; }

    /// <inheritdoc cref="GenerationParams.CfgCoef"/>
    public double? CfgCoef { get; init; }

    /// <inheritdoc cref="GenerationParams.UseSampling"/>
    public bool? UseSampling { get; init; }

    /// <inheritdoc cref="GenerationParams.Temperature"/>
    public double? Temperature { get; init; }

    /// <inheritdoc cref="GenerationParams.TopK"/>
    public int? TopK { get; init; }

    /// <inheritdoc cref="GenerationParams.TopP"/>
    public double? TopP { get; init; }

    /// <summary>The seed of the sampling; null for a random one, which is returned with the result. The same request with the same seed gives the same audio, even in a batch.</summary>
    public long? Seed { get; init; }

    /// <summary>Audio to continue. The result starts with it, at the sample rate and with the channels of the model. Such a request is not batched and cannot be streamed.</summary>
    public Sound? Continue { get; init; }

    /// <summary>The parameters of the request, without the seed.</summary>
    /// <param name="defaults">The default parameters of the model.</param>
    /// <param name="maxDuration">The maximum duration in seconds, which also limits the default duration.</param>
    internal GenerationParams Parameters(GenerationParams defaults, double maxDuration) => defaults with
    {
        Duration = Duration ?? Math.Min(defaults.Duration, maxDuration),
        CfgCoef = CfgCoef ?? defaults.CfgCoef,
        UseSampling = UseSampling ?? defaults.UseSampling,
        Temperature = Temperature ?? defaults.Temperature,
        TopK = TopK ?? defaults.TopK,
        TopP = TopP ?? defaults.TopP,
        Seed = null,
        ItemSeeds = null,
    };

    /// <summary>Throws if a parameter is invalid or exceeds the limits of the options.</summary>
    internal static void Check(SoundRequest request, AudioCraftOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Description, nameof(request));
        if (request.Description.Length > options.MaxDescriptionLength)
        {
            throw new ArgumentException($"The description has {request.Description.Length} characters, but at most {options.MaxDescriptionLength} are allowed.", nameof(request));
        }

        request.Parameters(new GenerationParams(), options.MaxDuration).Validate();
        if (request.Duration > options.MaxDuration)
        {
            throw new ArgumentOutOfRangeException(nameof(request), request.Duration, $"The duration is {request.Duration} s, but at most {options.MaxDuration} s are allowed.");
        }

        request.Continue?.CheckLength(options.MaxSoundDuration, nameof(request));
    }
}

/// <summary>The progress of a request.</summary>
/// <param name="Phase">Whether the request is waiting or being generated.</param>
/// <param name="Position">The position in the queue, 1 for the next; 0 while it is being generated.</param>
/// <param name="Step">The number of completed decoding steps.</param>
/// <param name="TotalSteps">The total number of steps; 0 while the request is waiting.</param>
public readonly record struct SoundProgress(SoundPhase Phase, int Position, int Step, int TotalSteps)
{
    /// <summary>The completed fraction, 0 to 1.</summary>
    public double Fraction => TotalSteps == 0 ? 0 : (double)Step / TotalSteps;
}

/// <summary>The phase of a request.</summary>
public enum SoundPhase
{
    /// <summary>Waiting in the queue.</summary>
    Waiting,

    /// <summary>Being generated.</summary>
    Running,
}
