using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Models of the golden cases dac_*, in the published file formats.</summary>
internal static class GoldenDac
{
    public static readonly string[] Cases = ["dac_tiny", "dac_tiny_latent"];

    /// <summary>Creates the model of a case from its weights and the constructor arguments in its config.json.</summary>
    public static DacModel Load(string name)
    {
        using var json = Golden.Config(name);
        using var file = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        return DacLoader.Load(ConfigOf(json.RootElement.GetProperty("dac")), file, CPU);
    }

    /// <summary>Loads the model of a case in one of its formats: <c>pth</c>, <c>hub</c> (written by <see cref="WriteHub"/>) or <c>weights</c>.</summary>
    public static DacModel Load(string name, string form, TemporaryFolder folder) => form switch
    {
        "weights" => Load(name),
        "pth" => (DacModel)CompressionModel.GetPretrained(Golden.File(name, "dac_weights.pth"), CPU),
        "hub" => (DacModel)CompressionModel.GetPretrained(WriteHub(name, folder), CPU),
        _ => throw new InvalidDataException(form),
    };

    /// <summary>The names of the recorded runs of a case, one per length.</summary>
    public static List<string> Runs(TensorArchive io) =>
        [.. io.Tensors.Keys.Where(k => k.StartsWith("len", StringComparison.Ordinal) && k.EndsWith("/x", StringComparison.Ordinal)).Select(k => k.Split('/')[0])];

    /// <summary>The numbers of codebooks of a recorded run.</summary>
    public static List<int> CodebookCounts(TensorArchive io, string run) =>
        [.. io.Tensors.Keys.Where(k => k.StartsWith(run + "/n", StringComparison.Ordinal) && k.EndsWith("/codes", StringComparison.Ordinal)).Select(k => int.Parse(k.Split('/')[1][1..], null))];

    public static DacConfig ConfigOf(JsonElement dac) => new()
    {
        SampleRate = dac.GetProperty("sample_rate").GetInt32(),
        EncoderDimension = dac.GetProperty("encoder_dim").GetInt32(),
        EncoderRates = Integers(dac.GetProperty("encoder_rates")),
        LatentDimension = dac.GetProperty("latent_dim").ValueKind == JsonValueKind.Null ? null : dac.GetProperty("latent_dim").GetInt32(),
        DecoderDimension = dac.GetProperty("decoder_dim").GetInt32(),
        DecoderRates = Integers(dac.GetProperty("decoder_rates")),
        NumCodebooks = dac.GetProperty("n_codebooks").GetInt32(),
        Cardinality = dac.GetProperty("codebook_size").GetInt32(),
        CodebookDimensions = Integers(dac.GetProperty("codebook_dim")),
    };

    /// <summary>
    /// Writes a case in the layout of transformers, with the published names and folded weight normalization. The names are independent of those in the library.
    /// </summary>
    public static string WriteHub(string name, TemporaryFolder folder)
    {
        using var json = Golden.Config(name);
        var config = ConfigOf(json.RootElement.GetProperty("dac"));
        var directory = Directory.CreateDirectory(folder.File("hub_" + name)).FullName;
        File.WriteAllBytes(
            Path.Combine(directory, "config.json"),
            JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>
            {
                ["architectures"] = new[] { "DacModel" },
                ["model_type"] = "dac",
                ["encoder_hidden_size"] = config.EncoderDimension,
                ["downsampling_ratios"] = config.EncoderRates,
                ["decoder_hidden_size"] = config.DecoderDimension,
                ["upsampling_ratios"] = config.DecoderRates,
                ["n_codebooks"] = config.NumCodebooks,
                ["codebook_size"] = config.Cardinality,
                ["codebook_dim"] = config.CodebookDimensions.Count == 1 ? config.CodebookDimensions[0] : config.CodebookDimensions,
                ["hidden_size"] = config.LatentDimensionOrDefault,
                ["hop_length"] = config.HopLength,
                ["quantizer_dropout"] = false,
                ["sampling_rate"] = config.SampleRate,
                ["torch_dtype"] = "float32",
            }));
        using var file = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        using var folded = new WeightNormArchive(file);
        using var renamed = new Renamed(folded, HubNames(config));
        SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), renamed);
        return directory;
    }

    private static Dictionary<string, string> HubNames(DacConfig config)
    {
        var names = new Dictionary<string, string>();
        void Add(string original, string hub, params string[] parameters)
        {
            foreach (var parameter in parameters)
            {
                names.Add($"{original}.{parameter}", $"{hub}.{parameter}");
            }
        }

        void AddConv(string original, string hub) => Add(original, hub, "weight", "bias");
        void AddUnit(string original, string hub)
        {
            Add($"{original}.block.0", $"{hub}.snake1", "alpha");
            AddConv($"{original}.block.1", $"{hub}.conv1");
            Add($"{original}.block.2", $"{hub}.snake2", "alpha");
            AddConv($"{original}.block.3", $"{hub}.conv2");
        }

        AddConv("encoder.block.0", "encoder.conv1");
        AddConv("decoder.model.0", "decoder.conv1");
        var stages = config.EncoderRates.Count;
        for (var n = 1; n <= stages; n++)
        {
            for (var m = 0; m < 3; m++)
            {
                AddUnit($"encoder.block.{n}.block.{m}", $"encoder.block.{n - 1}.res_unit{m + 1}");
                AddUnit($"decoder.model.{n}.block.{m + 2}", $"decoder.block.{n - 1}.res_unit{m + 1}");
            }

            Add($"encoder.block.{n}.block.3", $"encoder.block.{n - 1}.snake1", "alpha");
            AddConv($"encoder.block.{n}.block.4", $"encoder.block.{n - 1}.conv1");
            Add($"decoder.model.{n}.block.0", $"decoder.block.{n - 1}.snake1", "alpha");
            AddConv($"decoder.model.{n}.block.1", $"decoder.block.{n - 1}.conv_t1");
        }

        Add($"encoder.block.{stages + 1}", "encoder.snake1", "alpha");
        AddConv($"encoder.block.{stages + 2}", "encoder.conv2");
        Add($"decoder.model.{stages + 1}", "decoder.snake1", "alpha");
        AddConv($"decoder.model.{stages + 2}", "decoder.conv2");
        for (var k = 0; k < config.NumCodebooks; k++)
        {
            AddConv($"quantizer.quantizers.{k}.in_proj", $"quantizer.quantizers.{k}.in_proj");
            AddConv($"quantizer.quantizers.{k}.out_proj", $"quantizer.quantizers.{k}.out_proj");
            Add($"quantizer.quantizers.{k}.codebook", $"quantizer.quantizers.{k}.codebook", "weight");
        }

        return names;
    }

    private static int[] Integers(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.GetInt32())] : [value.GetInt32()];

    private sealed class Renamed(TensorArchive inner, Dictionary<string, string> names) : TensorArchive
    {
        private readonly Dictionary<string, string> originals = names.ToDictionary(n => n.Value, n => n.Key);

        public override string Source => inner.Source;

        public override IReadOnlyDictionary<string, TensorInfo> Tensors { get; } = inner.Tensors.ToDictionary(t => names[t.Key], t => t.Value);

        public override Tensor Read(string name) => inner.Read(originals[name]);
    }
}
