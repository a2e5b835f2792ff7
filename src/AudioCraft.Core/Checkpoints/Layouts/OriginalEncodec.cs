using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The models of facebookresearch/encodec, whose files (<c>encodec_24khz-d7cc33bc.th</c>, <c>encodec_48khz-7e698e3e.th</c>) are state dictionaries without a configuration:
/// which of the two it is shows in the names, sizes show in the shapes, and the rest is known (encodec/model.py).
/// </summary>
internal static class OriginalEncodec
{
    private const string First = "encoder.model.0.conv.conv";

    /// <summary>Loads the model if the file holds one, as <c>torch.save</c> wrote it or the same tensors as safetensors; null if it is no file, or holds something else.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or a tensor is missing, too many or of another shape.</exception>
    public static EncodecModel? TryLoad(string path, Device device)
    {
        // A converted checkpoint of audiocraft has the same names in its safetensors, but says in its config.json what it is.
        if (!File.Exists(path) || Path.GetFileName(path) == AudioCraftCheckpoint.CompressionModelName + ".safetensors")
        {
            return null;
        }

        using var archive = StateDictFile.Open(path);
        return IsOne(archive) ? EncodecLoader.Load(ConfigOf(archive), archive, device) : null;
    }

    /// <summary>Whether the tensors are those of such a model. Audiocraft's have the same names, but their residual blocks do without convolutions beside them.</summary>
    public static bool IsOne(TensorArchive archive) =>
        archive.Tensors.ContainsKey("quantizer.vq.layers.0._codebook.embed") && archive.Tensors.ContainsKey("encoder.model.1.shortcut.conv.conv.bias")
        && (HasWeightNorm(archive) || HasGroupNorm(archive));

    /// <summary>The configuration that belongs to the tensors.</summary>
    /// <exception cref="CheckpointException">They are not those of such a model.</exception>
    public static EncodecConfig ConfigOf(TensorArchive archive)
    {
        var stereo = HasGroupNorm(archive);
        var first = ShapeOf(archive, $"{First}.{WeightOf(archive) ?? "weight"}", 3);
        var codebook = ShapeOf(archive, "quantizer.vq.layers.0._codebook.embed", 2);
        var codebooks = 0;
        while (archive.Tensors.ContainsKey($"quantizer.vq.layers.{codebooks}._codebook.embed"))
        {
            codebooks++;
        }

        var seanet = new SEANetConfig
        {
            Channels = first[1],
            Dimension = codebook[1],
            Filters = first[0],
            ResidualLayers = 1,
            Norm = stereo ? ConvNorm.TimeGroupNorm : ConvNorm.WeightNorm,
            Causal = !stereo,
            TrueSkip = false,
            LstmLayers = 2,
        };
        var config = new EncodecConfig
        {
            SampleRate = stereo ? 48000 : 24000,
            Channels = seanet.Channels,
            Causal = !stereo,
            Renormalize = stereo,
            FrameRate = stereo ? 150 : 75,
            SegmentSeconds = stereo ? 1.0 : null,
            Bandwidths = stereo ? [3, 6, 12, 24] : [1.5, 3, 6, 12, 24],
            Encoder = seanet,
            Quantizer = new() { NumCodebooks = codebooks, Cardinality = codebook[0] },
        };
        try
        {
            config.Validate();
        }
        catch (ArgumentException problem)
        {
            throw new CheckpointException($"{archive.Source} is not a model of encodec. {problem.Message}", problem);
        }

        return config;
    }

    private static bool HasWeightNorm(TensorArchive archive) => WeightOf(archive) is not null;

    private static string? WeightOf(TensorArchive archive) =>
        Array.Find(["weight_v", "parametrizations.weight.original1"], name => archive.Tensors.ContainsKey($"{First}.{name}"));

    private static bool HasGroupNorm(TensorArchive archive) => archive.Tensors.ContainsKey("encoder.model.0.conv.norm.weight");

    private static int[] ShapeOf(TensorArchive archive, string name, int dimensions) =>
        archive.Tensors.TryGetValue(name, out var info) && info.Shape.Count == dimensions && info.Shape.All(n => n is > 0 and <= int.MaxValue)
            ? [.. info.Shape.Select(n => (int)n)]
            : throw new CheckpointException($"{archive.Source} is not a model of encodec: its tensor '{name}' is {info?.ShapeText ?? "missing"}.");
}
