using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting;

/// <summary>Options of a codec without a language model in a host.</summary>
public sealed class AudioCraftCodecOptions : SoundModelOptions
{
    /// <summary>facebook/encodec_24khz with limits for a small service.</summary>
    public AudioCraftCodecOptions() : base("facebook/encodec_24khz") { }

    /// <summary>Configures the codec after loading, for example its default number of codebooks.</summary>
    public Action<CompressionModel>? ConfigureModel { get; set; }
}

/// <summary>Validates the options and reports all errors.</summary>
internal sealed class AudioCraftCodecOptionsValidator : IValidateOptions<AudioCraftCodecOptions>
{
    public ValidateOptionsResult Validate(string? name, AudioCraftCodecOptions options) => new OptionsChecks(options).Common().Result;
}
