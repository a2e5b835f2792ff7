using System.Diagnostics;
using AudioCraft.Conditioning;
using AudioCraft.Generation;
using AudioCraft.Hub;
using AudioCraft.LanguageModel;
using Microsoft.Extensions.Logging.Abstractions;

namespace AudioCraft.Checkpoints;

/// <summary>Loads models by name: finds the files (bundled, local or on the Hub) and reads them with the first layout that can read them.</summary>
internal static class CheckpointLoader
{
    /// <summary>Layouts of codecs, in order of preference.</summary>
    public static IReadOnlyList<ICheckpointLayout<CompressionModel>> Codecs { get; } =
    [
        new AudioCraftCodecLayout(),
        new HuggingFaceEncodecLayout(),
        new HuggingFaceDacLayout(),
        new DescriptDacLayout(),
        new OriginalEncodecLayout(),
    ];

    /// <summary>Layouts of generation models, in order of preference. audiocraft's own files are what upstream loads, and half the size of Hugging Face's.</summary>
    public static IReadOnlyList<ICheckpointLayout<GenModelParts>> GenModels { get; } =
    [
        new AudioCraftGenModelLayout(),
        new HuggingFaceMusicGenLayout(),
    ];

    /// <summary>Layouts of text encoders, in order of preference.</summary>
    public static IReadOnlyList<ICheckpointLayout<T5TextEncoder>> TextEncoders { get; } = [new HuggingFaceT5Layout()];

    /// <summary>The layouts of a kind of model, in order of preference.</summary>
    public static IReadOnlyList<ICheckpointLayout> LayoutsOf(ModelKind kind) => kind switch
    {
        ModelKind.Generative => GenModels,
        ModelKind.Compression => Codecs,
        _ => TextEncoders,
    };

    /// <summary>Loads a codec.</summary>
    /// <param name="name">A bundled name, a directory or file, the name of a descript release, or a Hub id.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="CheckpointException">The path does not exist, or no layout can read it; the message lists what was looked for.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static CompressionModel LoadCodec(string name, LoadContext context)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var pretrainedName = name;
        if (!Directory.Exists(name) && !File.Exists(name))
        {
            name = DacRelease.Find(name, context.Fetcher) ?? context.Fetcher.Find(name, ModelKind.Compression);
        }

        using var source = new CheckpointSource(name, context);
        var codec = LayoutOf(Codecs, source, "codec").Load(source);
        codec.PretrainedName = pretrainedName;
        return codec;
    }

    /// <summary>Loads the parts of a generation model.</summary>
    /// <param name="name">A bundled name, a directory or file, or a Hub id.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="CheckpointException">The path does not exist, or no layout can read it; the message lists what was looked for.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static GenModelParts LoadGenModel(string name, LoadContext context)
    {
        var watch = Stopwatch.StartNew();
        var pretrainedName = name;
        LMWeights.CheckPrecision(context.Options.Precision, context.Device);
        name = context.Fetcher.Find(name, ModelKind.Generative);
        using var source = new CheckpointSource(name, context);
        var parts = LayoutOf(GenModels, source, "generation model").Load(source);
        try
        {
            parts.CheckFit(name);
            parts.CompressionModel.PretrainedName = pretrainedName;
            if (parts.CompressionModel is InterleaveStereoCompressionModel stereo)
            {
                stereo.Model.PretrainedName = pretrainedName;
            }

            parts = parts with { KnownKinds = KnownKinds.Read(source.Directory) };
        }
        catch
        {
            parts.Dispose();
            throw;
        }

        GenerationLog.Loaded(context.Options.Logger ?? NullLogger.Instance, name, context.Device, watch.Elapsed.TotalSeconds);
        return parts;
    }

    /// <summary>Loads a text encoder from a directory.</summary>
    /// <exception cref="CheckpointException">It is not in a supported layout, or is damaged.</exception>
    public static T5TextEncoder LoadTextEncoder(string directory, LoadContext context)
    {
        using var source = new CheckpointSource(directory, context);
        return LayoutOf(TextEncoders, source, "text encoder").Load(source);
    }

    /// <summary>The first layout that can read a checkpoint.</summary>
    /// <param name="layouts">The layouts, in order of preference.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="what">The kind of model, for the error: "codec".</param>
    /// <exception cref="CheckpointException">None can; the message lists the layouts and their files.</exception>
    public static TLayout LayoutOf<TLayout>(IReadOnlyList<TLayout> layouts, CheckpointSource source, string what)
        where TLayout : ICheckpointLayout =>
        layouts.FirstOrDefault(layout => layout.CanRead(source))
        ?? throw new CheckpointException($"{source.Path} is not a {what} that can be loaded. Looked for: {string.Join("; ", layouts.Select(layout => layout.Description))}.");
}
