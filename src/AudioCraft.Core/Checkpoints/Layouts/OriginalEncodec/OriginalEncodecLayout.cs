using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The models of facebookresearch/encodec, whose files (<c>encodec_24khz-d7cc33bc.th</c>, <c>encodec_48khz-7e698e3e.th</c>) are state dictionaries without a configuration:
/// the tensor names tell which of the two it is, the shapes give the sizes, and the rest is fixed (encodec/model.py).
/// </summary>
internal sealed class OriginalEncodecLayout : ICheckpointLayout<CompressionModel>
{
    private const string First = "encoder.model.0.conv.conv";

    public string Name => "a model of facebookresearch/encodec (a .th file with the state dictionary)";

    public IReadOnlyList<CheckpointFileSet> FileSets => [];

    public bool CanRead(CheckpointSource source) => source.IsFile && HasTensors(source.Archive);

    public CompressionModel Load(CheckpointSource source)
    {
        StateDictFile.CheckHash(source.Archive);
        return EncodecLoader.Load(ConfigOf(source.Archive), source.Archive, source.Context.Device);
    }

    /// <summary>Whether the tensors match such a model. The names of audiocraft's are the same, except that its residual blocks have no convolution in the shortcut.</summary>
    private static bool HasTensors(TensorArchive archive) =>
        archive.Tensors.ContainsKey("quantizer.vq.layers.0._codebook.embed") && archive.Tensors.ContainsKey("encoder.model.1.shortcut.conv.conv.bias")
        && (HasWeightNorm(archive) || HasGroupNorm(archive));

    /// <summary>The configuration of the model with these tensors.</summary>
    /// <exception cref="CheckpointException">The tensors do not match such a model.</exception>
    private static EncodecConfig ConfigOf(TensorArchive archive)
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
