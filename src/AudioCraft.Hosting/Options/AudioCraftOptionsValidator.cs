using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting;

/// <summary>Refuses options that cannot be used, naming each.</summary>
internal sealed class AudioCraftOptionsValidator : IValidateOptions<AudioCraftOptions>
{
    public ValidateOptionsResult Validate(string? name, AudioCraftOptions options) =>
        new OptionsChecks(options).Common()
            .Require(Enum.IsDefined(options.Kind), nameof(options.Kind), options.Kind, "AudioGen or MusicGen")
            .Require(options.MaxBatchSize is >= 1 and <= 256, nameof(options.MaxBatchSize), options.MaxBatchSize, "1 to 256")
            .Require(OptionsChecks.IsSeconds(options.MaxDuration), nameof(options.MaxDuration), options.MaxDuration, "seconds, above 0 and at most a day,")
            .Require(options.MaxDescriptionLength >= 1, nameof(options.MaxDescriptionLength), options.MaxDescriptionLength, "1 or more")
            .Require(OptionsChecks.IsSeconds(options.ChunkSeconds, most: 60), nameof(options.ChunkSeconds), options.ChunkSeconds, "seconds, above 0 and at most 60,")
            .Require(OptionsChecks.IsSeconds(options.StreamAhead), nameof(options.StreamAhead), options.StreamAhead, "seconds, above 0 and at most a day,")
            .Require(OptionsChecks.IsSeconds(options.ListenerTimeout.TotalSeconds), nameof(options.ListenerTimeout), options.ListenerTimeout, "more than 0 and at most a day")
            .Result;
}
