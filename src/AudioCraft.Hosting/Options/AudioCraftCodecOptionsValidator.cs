using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting;

/// <summary>Refuses options that cannot be used, naming each.</summary>
internal sealed class AudioCraftCodecOptionsValidator : IValidateOptions<AudioCraftCodecOptions>
{
    public ValidateOptionsResult Validate(string? name, AudioCraftCodecOptions options) => new OptionsChecks(options).Common().Result;
}
