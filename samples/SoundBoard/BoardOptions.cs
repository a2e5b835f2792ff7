using System.ComponentModel.DataAnnotations;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.HttpOverrides;

namespace SoundBoard;

/// <summary>The model and the limits: the section <c>SoundBoard</c> of the configuration.</summary>
internal sealed class BoardOptions
{
    public const string Section = "SoundBoard";

    /// <summary>The name of a bundled model, a directory, or a repository on the Hugging Face Hub.</summary>
    [Required]
    public string Model { get; set; } = "audiogen-tiny";

    /// <summary>The kind of model.</summary>
    public SoundModelKind Kind { get; set; }

    /// <summary>The codec for files; null for that of the model.</summary>
    public string? Codec { get; set; }

    /// <summary>The maximum duration of generated audio in seconds.</summary>
    [Range(1.0, 300.0)]
    public double MaxSeconds { get; set; } = 10;

    /// <summary>The maximum length of a prompt in characters.</summary>
    [Range(1, 2000)]
    public int MaxPromptLength { get; set; } = 300;

    /// <summary>The maximum size of an upload in bytes.</summary>
    [Range(1000, 1_000_000_000)]
    public long MaxUploadBytes { get; set; } = 16_000_000;

    /// <summary>The maximum duration of an upload in seconds.</summary>
    [Range(1.0, 600.0)]
    public double MaxUploadSeconds { get; set; } = 30;

    /// <summary>Generations per client and minute.</summary>
    [Range(1, 100_000)]
    public int GenerationsPerMinute { get; set; } = 30;

    /// <summary>Files that are encoded, decoded or converted per client and minute.</summary>
    [Range(1, 100_000)]
    public int ConversionsPerMinute { get; set; } = 240;

    /// <summary>Concurrent requests per client.</summary>
    [Range(1, 10_000)]
    public int RequestsAtOnce { get; set; } = 8;

    /// <summary>Files of all clients that are encoded, decoded or converted at the same time. Each needs memory for the samples of a file.</summary>
    [Range(1, 1000)]
    public int ConversionsAtOnce { get; set; } = 2;

    /// <summary>The maximum number of waiting requests of all clients: generations, conversions, and the codec each.</summary>
    [Range(1, 100_000)]
    public int MaxQueueLength { get; set; } = 64;

    /// <summary>The addresses (192.0.2.1) and networks (192.0.2.0/24) of the proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are trusted.</summary>
    public string[] Proxies { get; set; } = [];

    /// <summary>Example prompts on the page.</summary>
    public string[] Ideas { get; set; } = [];

    /// <summary>The last part of the model's name.</summary>
    public string ModelName => LastPart(Model);

    /// <summary>The last part of the name of the model that contains the codec.</summary>
    public string CodecModelName => LastPart(Codec ?? Model);

    public void ApplyTo(AudioCraftOptions model)
    {
        (model.Model, model.Kind) = (Model, Kind);
        (model.MaxDuration, model.MaxDescriptionLength, model.MaxQueueLength) = (MaxSeconds, MaxPromptLength, MaxQueueLength);
        // All audio of a slow client can be buffered, so the model never waits for it.
        model.StreamAhead = MaxSeconds;
    }

    public void ApplyTo(ForwardedHeadersOptions forwarded)
    {
        forwarded.ForwardedHeaders = Proxies.Length > 0 ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto : ForwardedHeaders.None;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in Proxies)
        {
            forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy.Contains('/') ? proxy : $"{proxy}/{(proxy.Contains(':') ? 128 : 32)}"));
        }
    }

    public void ApplyTo(AudioCraftCodecOptions codec) =>
        (codec.Model, codec.MaxSoundDuration, codec.MaxQueueLength) = (Codec ?? Model, MaxUploadSeconds, MaxQueueLength);

    private static string LastPart(string model) => Path.GetFileName(Path.TrimEndingDirectorySeparator(model));
}
