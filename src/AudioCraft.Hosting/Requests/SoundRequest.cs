namespace AudioCraft.Hosting;

/// <summary>A sound to make. What is null is as the model does it by default.</summary>
/// <param name="Description">What to hear; an empty text leaves it to the model.</param>
public sealed record SoundRequest(string Description)
{
    /// <summary>Length in seconds, a sound to go on from included.</summary>
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

    /// <summary>Seed of the random draws; null for one that is chosen, and told with the result. The same request with the same seed gives the same sound, whoever else is served with it.</summary>
    public long? Seed { get; init; }

    /// <summary>A sound to go on from, which the result begins with as the codec renders it. Such a request is made alone, and not as a stream.</summary>
    public Sound? Continue { get; init; }

    /// <summary>How the model is to generate, but for the seed.</summary>
    /// <param name="defaults">As the model does it by default.</param>
    /// <param name="maxDuration">The longest sound in seconds; what the model makes by default is cut to it.</param>
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

    /// <summary>Refuses what cannot be made by any model, and what the options do not allow.</summary>
    internal static void Check(SoundRequest request, AudioCraftOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Description, nameof(request));
        if (request.Description.Length > options.MaxDescriptionLength)
        {
            throw new ArgumentException($"The description has {request.Description.Length} characters, but at most {options.MaxDescriptionLength} are taken.", nameof(request));
        }

        request.Parameters(new GenerationParams(), options.MaxDuration).Check();
        if (request.Duration > options.MaxDuration)
        {
            throw new ArgumentOutOfRangeException(nameof(request), request.Duration, $"Sounds of at most {options.MaxDuration} s are made.");
        }

        request.Continue?.CheckLength(options.MaxSoundDuration, nameof(request));
    }
}
