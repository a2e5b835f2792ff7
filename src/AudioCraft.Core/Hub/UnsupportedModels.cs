using AudioCraft.Checkpoints;
using AudioCraft.Formats;

namespace AudioCraft.Hub;

/// <summary>Rejects models of unsupported families before a download: by the name of a published model before any request, else by <c>config.json</c> before the weights.</summary>
internal static class UnsupportedModels
{
    private static readonly (string[] Ids, string Family)[] Families =
    [
        (["facebook/musicgen-melody", "facebook/musicgen-stereo-melody"], "MusicGen Melody, which is conditioned on a waveform"),
        (["facebook/musicgen-style"], "MusicGen Style, which is conditioned on a waveform"),
        (["facebook/magnet-", "facebook/audio-magnet-", "facebook/hybrid-magnet-"], "MAGNeT"),
        (["facebook/jasco-"], "JASCO"),
        (["facebook/multiband-diffusion"], "MultiBand Diffusion"),
        (["facebook/audioseal"], "AudioSeal"),
    ];

    private static readonly (string[] Ids, string Family)[] CodecFamilies = [(["kyutai/mimi"], "Mimi"), (["hubertsiuzdak/snac_"], "SNAC")];

    /// <summary>Checks a name before any request.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="kind">The kind of model; null for any. The codec of an unsupported language model may be loaded.</param>
    /// <exception cref="CheckpointException">It is a published model of an unsupported family.</exception>
    public static void CheckName(RepoId id, ModelKind? kind)
    {
        var families = kind == ModelKind.Compression ? CodecFamilies : [.. Families, .. CodecFamilies];
        if (Array.Find(families, family => Array.Exists(family.Ids, start => id.Value.StartsWith(start, StringComparison.OrdinalIgnoreCase))).Family is { } found)
        {
            throw NotSupported(id, found);
        }
    }

    /// <summary>Checks the <c>model_type</c> of a configuration.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="modelType">The type; null if there is none.</param>
    /// <param name="kind">The kind of model.</param>
    /// <exception cref="CheckpointException">No layout can read such a model.</exception>
    public static void CheckType(RepoId id, string? modelType, ModelKind kind)
    {
        HuggingFaceMusicGenConfig.CheckTextOnly(modelType, id.Value);
        string[] supported = kind switch
        {
            ModelKind.Generative => [HuggingFaceMusicGenConfig.ModelType, AudioCraftCheckpoint.ModelType],
            ModelKind.Compression => [HuggingFaceEncodecConfig.ModelType, HuggingFaceDacConfig.ModelType, AudioCraftCheckpoint.ModelType],
            _ => ["t5", "mt5"],
        };
        if (modelType is not null && !supported.Contains(modelType))
        {
            throw NotSupported(id, $"'{PrintableText.Of(modelType, 80)}' (model_type in {CheckpointFiles.Config}; supported here: {string.Join(", ", supported)})");
        }
    }

    private static CheckpointException NotSupported(RepoId id, string family) => new(
        $"'{id}' is not supported: it is a model of the family {family}. Supported are AudioGen and MusicGen conditioned on text, EnCodec and DAC.");
}
