using System.Diagnostics;
using AudioCraft.Generation;
using AudioCraft.Hub;
using AudioCraft.LanguageModel;
using Microsoft.Extensions.Logging.Abstractions;

namespace AudioCraft.Checkpoints;

/// <summary>Loads models by name: finds the files (bundled, local or on the Hub) and reads them with the first layout that can.</summary>
internal static class CheckpointLoader
{
    /// <summary>Layouts of codecs, in the order in which they are tried.</summary>
    public static IReadOnlyList<ICheckpointLayout<CompressionModel>> Codecs { get; } =
    [
        new HuggingFaceEncodecLayout(),
        new HuggingFaceDacLayout(),
        new DescriptDacLayout(),
        new OriginalEncodecLayout(),
        new AudioCraftCodecLayout(),
    ];

    /// <summary>Layouts of generation models, in the order in which they are tried.</summary>
    public static IReadOnlyList<ICheckpointLayout<GenModelParts>> GenModels { get; } =
    [
        new HuggingFaceMusicGenLayout(),
        new AudioCraftGenModelLayout(),
    ];

    /// <summary>Loads a codec.</summary>
    /// <param name="name">A bundled name, a directory or file, the name of a descript release, or a Hub id.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="CheckpointException">Nothing exists there, or no layout can read it; the message lists what was looked for.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static CompressionModel LoadCodec(string name, LoadContext context)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!Directory.Exists(name) && !File.Exists(name))
        {
            name = DacRelease.Find(name, context.Fetcher) ?? context.Fetcher.Find(name, ModelKind.Compression);
        }

        using var source = new CheckpointSource(name, context);
        return LayoutOf(Codecs, source, "codec").Load(source);
    }

    /// <summary>Loads the parts of a generation model.</summary>
    /// <param name="name">A bundled name, a directory or file, or a Hub id.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="CheckpointException">Nothing exists there, or no layout can read it; the message lists what was looked for.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static GenModelParts LoadGenModel(string name, LoadContext context)
    {
        var watch = Stopwatch.StartNew();
        LMWeights.CheckPrecision(context.Options.Precision, context.Device);
        name = context.Fetcher.Find(name, ModelKind.Generative);
        using var source = new CheckpointSource(name, context);
        var parts = LayoutOf(GenModels, source, "generation model").Load(source);
        try
        {
            parts.CheckFit(name);
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

    /// <summary>The first layout that can read a checkpoint.</summary>
    /// <exception cref="CheckpointException">None can; the message lists what was looked for.</exception>
    public static ICheckpointLayout<T> LayoutOf<T>(IReadOnlyList<ICheckpointLayout<T>> layouts, CheckpointSource source, string what) =>
        layouts.FirstOrDefault(layout => layout.CanRead(source))
        ?? throw new CheckpointException($"{source.Path} is not a {what} that can be loaded. Looked for: {string.Join("; ", layouts.Select(layout => layout.Name))}.");
}
