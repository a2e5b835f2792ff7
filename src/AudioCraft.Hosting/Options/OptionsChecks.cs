using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting;

/// <summary>Collects what is wrong with options, all of it.</summary>
internal sealed class OptionsChecks(SoundModelOptions options)
{
    private readonly List<string> failures = [];

    public ValidateOptionsResult Result => failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

    public OptionsChecks Require(bool holds, string name, object? value, string expected)
    {
        if (!holds)
        {
            failures.Add($"{options.GetType().Name}.{name} is {value ?? "null"}, but {expected} was expected.");
        }

        return this;
    }

    /// <summary>What every model has.</summary>
    public OptionsChecks Common() =>
        Require(!string.IsNullOrWhiteSpace(options.Model), nameof(options.Model), $"'{options.Model}'", "the name or path of a model")
            .Require(options.Pretrained is not null, nameof(options.Pretrained), options.Pretrained, "a value")
            .Require(Enum.IsDefined(options.Loading), nameof(options.Loading), options.Loading, "OnStart, BeforeStart or OnFirstUse")
            .Require(options.RetryLoadAfter >= TimeSpan.FromSeconds(1) && options.RetryLoadAfter <= TimeSpan.FromDays(1), nameof(options.RetryLoadAfter), options.RetryLoadAfter, "1 second to a day")
            .Require(options.MaxQueueLength is >= 1 and <= 100_000, nameof(options.MaxQueueLength), options.MaxQueueLength, "1 to 100,000")
            .Require(IsSeconds(options.MaxSoundDuration), nameof(options.MaxSoundDuration), options.MaxSoundDuration, "seconds, above 0 and at most a day,");

    /// <summary>Above 0, and at most a day.</summary>
    public static bool IsSeconds(double value, double most = 86_400) => value > 0 && value <= most;
}
