using Microsoft.Extensions.Options;

namespace AudioCraft.Hosting;

/// <summary>Options of every model in a host.</summary>
public abstract class SoundModelOptions
{
    private protected SoundModelOptions(string model) => Model = model;

    /// <summary>The name of a bundled model, a directory or file, or the name of a repository on the Hugging Face Hub.</summary>
    public string Model { get; set; }

    /// <summary>How to find and load the model. If it has no logger, the host's logger is used.</summary>
    public PretrainedOptions Pretrained { get; set; } = new();

    /// <summary>When to load the model. Default: in the background when the host starts.</summary>
    public ModelLoading Loading { get; set; } = ModelLoading.OnStart;

    /// <summary>The time after which failed loading is retried; until then requests are rejected. 1 second to one day, default 30 seconds.</summary>
    public TimeSpan RetryLoadAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The maximum number of waiting requests, without those that are being served; further ones are rejected. 1 to 100,000, default 64.</summary>
    public int MaxQueueLength { get; set; } = 64;

    /// <summary>The maximum length of audio or codes in a request, in seconds: above 0, default 600. Memory use grows with it.</summary>
    public double MaxSoundDuration { get; set; } = 600;
}

/// <summary>When a model is loaded.</summary>
public enum ModelLoading
{
    /// <summary>In the background when the host starts. Requests wait until the model is loaded.</summary>
    OnStart,

    /// <summary>Before the host starts. If loading fails, the host does not start.</summary>
    BeforeStart,

    /// <summary>On the first request.</summary>
    OnFirstUse,
}

/// <summary>Collects all errors of options.</summary>
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

    /// <summary>Checks the options that every model has.</summary>
    public OptionsChecks Common() =>
        Require(!string.IsNullOrWhiteSpace(options.Model), nameof(options.Model), $"'{options.Model}'", "the name or path of a model")
            .Require(options.Pretrained is not null, nameof(options.Pretrained), options.Pretrained, "a value")
            .Require(Enum.IsDefined(options.Loading), nameof(options.Loading), options.Loading, "OnStart, BeforeStart or OnFirstUse")
            .Require(options.RetryLoadAfter >= TimeSpan.FromSeconds(1) && options.RetryLoadAfter <= TimeSpan.FromDays(1), nameof(options.RetryLoadAfter), options.RetryLoadAfter, "1 second to one day")
            .Require(options.MaxQueueLength is >= 1 and <= 100_000, nameof(options.MaxQueueLength), options.MaxQueueLength, "1 to 100,000")
            .Require(IsSeconds(options.MaxSoundDuration), nameof(options.MaxSoundDuration), options.MaxSoundDuration, "seconds, above 0 and at most one day,");

    /// <summary>Above 0 and at most <paramref name="most"/>, by default one day.</summary>
    public static bool IsSeconds(double value, double most = 86_400) => value > 0 && value <= most;
}
