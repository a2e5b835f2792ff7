using System.Text.RegularExpressions;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>EnCodec compared with upstream's results in tests/golden/encodec_*.</summary>
public partial class EncodecGoldenTests
{
    // A few times the noise between one and two threads and between float32 and float64, which is up to 2e-6 of a tensor's maximum (golden/INDEX.md).
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Cases => new(
        "encodec_noncausal_16k_audiogen_tiny",
        "encodec_noncausal_32k_tiny",
        "encodec_noncausal_norm_none_lstm0",
        "encodec_noncausal_renorm_wn",
        "encodec_noncausal_stereo_renorm_tgn",
        "encodec_causal_24k_tiny");

    public static TheoryData<string, string> Variants => new()
    {
        { "encodec_noncausal_32k_tiny", "pad_reflect" },
        { "encodec_causal_24k_tiny", "pad_constant" },
        { "encodec_causal_24k_tiny", "trim_right_0.5" },
        { "encodec_causal_24k_tiny", "tanh" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_layer_of_SEANet_matches_the_recorded_output(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var io = Golden.Tensors(name);
        using var json = Golden.Config(name);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var input = io.Read(json.RootElement.GetProperty("layers_input").GetString()!.Split('[')[0]).narrow(0, 0, 1);
        var length = input.size(-1);
        CheckLayers(((SEANetEncoder)model.Encoder).Layers, model.Preprocess(input).X, io, "layers/encoder.model.");
        CheckLayers(((SEANetDecoder)model.Decoder).Layers, io.Read($"len{length}/latent").narrow(0, 0, 1), io, "layers/decoder.model.");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encoding_and_decoding_match_the_recorded_codes_and_audio(string name)
    {
        using var model = GoldenEncodec.Load(name);
        CheckRuns(model, name);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Other_configurations_of_the_same_weights_match_the_recorded_output(string name, string variant)
    {
        using var model = GoldenEncodec.Load(name, variant);
        CheckVariant(model, name, variant);
    }

    [Theory]
    [InlineData("encodec_noncausal_16k_audiogen_tiny", 16000, 50, 320, 4, 128)]
    [InlineData("encodec_noncausal_renorm_wn", 16000, 666, 24, 4, 64)]
    public void Properties_match_the_configuration(string name, int sampleRate, double frameRate, int hop, int codebooks, int cardinality)
    {
        using var model = GoldenEncodec.Load(name);
        Assert.Equal(sampleRate, model.SampleRate);
        Assert.Equal(frameRate, model.FrameRate);
        Assert.Equal(hop, model.HopLength);
        Assert.Equal(codebooks, model.NumCodebooks);
        Assert.Equal(codebooks, model.TotalCodebooks);
        Assert.Equal(cardinality, model.Cardinality);
        Assert.Equal(1, model.Channels);
        Assert.False(model.Causal);
    }

    /// <summary>Asserts that the model encodes and decodes all recorded audio of a case as recorded.</summary>
    internal static void CheckRuns(EncodecModel model, string name)
    {
        using var io = Golden.Tensors(name);
        foreach (var (prefix, codebooks) in Runs(io, model.TotalCodebooks))
        {
            using var scope = NewDisposeScope();
            model.SetNumCodebooks(codebooks);
            var x = io.Read(prefix.Split('/')[0] + "/x");
            var (codes, scale) = model.Encode(x);
            Exactly.Equal(io.Read(prefix + "codes"), codes);
            var (preprocessed, _) = model.Preprocess(x);
            CheckIfRecorded(io, prefix + "preprocessed", preprocessed);
            using (no_grad())
            {
                CheckIfRecorded(io, prefix + "emb", model.Encoder.forward(preprocessed));
            }

            Assert.Equal(scale is not null, model.Renormalize);
            CheckIfRecorded(io, prefix + "scale", scale);
            CheckIfRecorded(io, prefix + "latent", model.DecodeLatent(codes));
            CheckIfRecorded(io, prefix + "decoded", model.Decode(codes, scale));
            var result = model.forward(x);
            CheckIfRecorded(io, prefix + "forward_x", result.X);
            if (model.FrameRate == model.SampleRate / model.HopLength)
            {
                // Other libraries round up the frame rate.
                CheckIfRecorded(io, prefix + "forward_bandwidth", result.Bandwidth);
            }

            CheckIfRecorded(io, prefix + "forward_penalty", result.Penalty);
            Exactly.Equal(codes, result.Codes);
        }
    }

    /// <summary>Asserts the results recorded for other constructor arguments with the same weights.</summary>
    internal static void CheckVariant(EncodecModel model, string name, string variant)
    {
        using var io = Golden.Tensors(name);
        var checkedCount = 0;
        foreach (var key in io.Tensors.Keys.Where(k => k.StartsWith($"variant_{variant}/", StringComparison.Ordinal)))
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var length = key.Split('/')[1];
            var actual = key.EndsWith("/emb", StringComparison.Ordinal)
                ? model.Encoder.forward(model.Preprocess(io.Read(length + "/x")).X)
                : model.Decode(io.Read(length + "/codes"));
            Near.Equal(io.Read(key), actual, Tolerance);
            checkedCount++;
        }

        Assert.True(checkedCount >= 4);
    }

    private static void CheckLayers(IReadOnlyList<CodecLayer> layers, Tensor input, TensorArchive io, string prefix)
    {
        var current = input;
        Assert.Equal(io.Tensors.Keys.Count(k => k.StartsWith(prefix, StringComparison.Ordinal)), layers.Count);
        for (var i = 0; i < layers.Count; i++)
        {
            current = layers[i].forward(current);
            using var expected = io.Read($"{prefix}{i}");
            Near.Equal(expected, current, Tolerance);
        }
    }

    private static void CheckIfRecorded(TensorArchive io, string name, Tensor? actual)
    {
        if (io.Tensors.ContainsKey(name))
        {
            using var expected = io.Read(name);
            Near.Equal(expected, actual!, Tolerance);
        }
    }

    /// <summary>The prefixes of the recorded runs, such as <c>len960/</c> and <c>len960/n2/</c>, and their numbers of codebooks.</summary>
    private static IEnumerable<(string Prefix, int Codebooks)> Runs(TensorArchive io, int all) =>
        io.Tensors.Keys.Select(k => RunName().Match(k)).Where(m => m.Success)
            .Select(m => (m.Groups[1].Value, m.Groups[2].Success ? int.Parse(m.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) : all));

    [GeneratedRegex(@"^(len\d+/(?:n(\d+)/)?)codes$")]
    private static partial Regex RunName();
}
