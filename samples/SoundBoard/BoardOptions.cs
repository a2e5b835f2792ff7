using System.ComponentModel.DataAnnotations;
using AudioCraft.Hosting;

namespace SoundBoard;

/// <summary>Which model, and how much anybody may ask of it: the section <c>SoundBoard</c> of the configuration.</summary>
internal sealed class BoardOptions
{
    public const string Section = "SoundBoard";

    /// <summary>A bundled name, a directory, or a repository on the Hugging Face Hub.</summary>
    [Required]
    public string Model { get; set; } = "audiogen-tiny";

    /// <summary>What kind of model it is.</summary>
    public SoundModelKind Kind { get; set; }

    /// <summary>The codec that files are sent through; null for the model's.</summary>
    public string? Codec { get; set; }

    /// <summary>Longest sound that is made, in seconds.</summary>
    [Range(1.0, 300.0)]
    public double MaxSeconds { get; set; } = 10;

    /// <summary>Longest prompt, in characters.</summary>
    [Range(1, 2000)]
    public int MaxPromptLength { get; set; } = 300;

    /// <summary>Largest file that is taken, in bytes.</summary>
    [Range(1000, 1_000_000_000)]
    public long MaxUploadBytes { get; set; } = 16_000_000;

    /// <summary>Longest sound in a file, in seconds.</summary>
    [Range(1.0, 600.0)]
    public double MaxUploadSeconds { get; set; } = 30;

    /// <summary>Sounds that one client may have made in a minute.</summary>
    [Range(1, 100_000)]
    public int GenerationsPerMinute { get; set; } = 30;

    /// <summary>Files that one client may have encoded, decoded or converted in a minute.</summary>
    [Range(1, 100_000)]
    public int ConversionsPerMinute { get; set; } = 240;

    /// <summary>Requests of one client that are worked on at the same time.</summary>
    [Range(1, 10_000)]
    public int RequestsAtOnce { get; set; } = 8;

    /// <summary>Requests of everybody that may wait for the model.</summary>
    [Range(1, 100_000)]
    public int MaxQueueLength { get; set; } = 64;

    /// <summary>Prompts that the page offers.</summary>
    public string[] Ideas { get; set; } = [];

    public void ApplyTo(AudioCraftOptions model)
    {
        (model.Model, model.Kind) = (Model, Kind);
        (model.MaxDuration, model.MaxDescriptionLength, model.MaxQueueLength) = (MaxSeconds, MaxPromptLength, MaxQueueLength);
        // The sound of a listener with a slow line waits here, and nobody waits for the listener.
        model.StreamAhead = MaxSeconds;
    }

    public void ApplyTo(AudioCraftCodecOptions codec) =>
        (codec.Model, codec.MaxSoundDuration, codec.MaxQueueLength) = (Codec ?? Model, MaxUploadSeconds, MaxQueueLength);
}
