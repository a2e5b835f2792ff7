using AudioCraft.Checkpoints;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Stereo with interleaved codes compared with upstream's results in tests/golden/interleave_stereo*.</summary>
[Collection(ProcessWideState.Name)]
public class InterleaveStereoTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public InterleaveStereoTests() => manual_seed(20261127);

    private const double Tolerance = 1e-5;

    public static TheoryData<string, string, bool, bool> Runs
    {
        get
        {
            var runs = new TheoryData<string, string, bool, bool>();
            foreach (var name in new[] { "interleave_stereo", "interleave_stereo_renorm" })
            {
                foreach (var batch in new[] { "b1", "b2" })
                {
                    runs.Add(name, batch, false, false);
                    runs.Add(name, batch, true, false);
                    runs.Add(name, batch, false, true);
                    runs.Add(name, batch, true, true);
                }
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Codes_scales_and_audio_match_the_recorded_ones_also_from_the_HuggingFace_layout(string name, string batch, bool perTimestep, bool hub)
    {
        using var folder = new TemporaryFolder();
        if (hub)
        {
            HuggingFaceEncodec.Write(folder, name);
        }

        using var model = new InterleaveStereoCompressionModel(hub ? CompressionModel.GetPretrained(folder.Path, CPU) : GoldenEncodec.Load(name), perTimestep);
        using var io = Golden.Tensors(name);
        using var scope = NewDisposeScope();
        var prefix = $"{batch}/{(perTimestep ? "per_timestep" : "per_codebook")}";
        CheckProperties(name, prefix, model);
        var x = io.Read(batch + "/x");
        var (codes, scale) = model.Encode(x);
        Exactly.Equal(io.Read(prefix + "/codes"), codes);
        var (left, right) = model.SplitChannels(codes);
        Exactly.Equal(io.Read(prefix + "/left"), left);
        Exactly.Equal(io.Read(prefix + "/right"), right);
        if (io.Tensors.ContainsKey(prefix + "/scale"))
        {
            Near.Equal(io.Read(prefix + "/scale"), scale!, Tolerance);
        }
        else
        {
            Assert.Null(scale);
        }

        var decoded = model.Decode(codes, scale);
        if (scale is null)
        {
            Near.Equal(io.Read(prefix + "/decoded"), decoded, Tolerance);
        }
        else if (io.Tensors.ContainsKey(prefix + "/decoded"))
        {
            // Upstream multiplies channel c of item b by the volume of channel b of item c. The left channel of item 0 and the right channel of item 1 are not affected.
            Near.Equal(io.Read(prefix + "/decoded"), decoded / scale * scale.transpose(0, 1), Tolerance);
            Near.Equal(io.Read(prefix + "/decoded")[0][0], decoded[0][0], Tolerance);
            Near.Equal(io.Read(prefix + "/decoded")[1][1], decoded[1][1], Tolerance);
        }

        model.SetNumCodebooks(2);
        Exactly.Equal(io.Read(prefix + "/n2_codes"), model.Encode(x).Codes);
        Assert.Equal(perTimestep ? 2 : 4, model.NumCodebooks);
        Assert.Equal(model.Model.TotalCodebooks, model.TotalCodebooks);
    }

    [Theory]
    [InlineData("interleave_stereo", false)]
    [InlineData("interleave_stereo_renorm", true)]
    public void Each_channel_matches_the_mono_codec(string name, bool perTimestep)
    {
        using var mono = GoldenEncodec.Load(name);
        using var stereo = new InterleaveStereoCompressionModel(mono, perTimestep);
        using var scope = NewDisposeScope();
        foreach (var items in new[] { 1, 3 })
        {
            var x = randn(items, 2, 61);
            var (codes, scale) = stereo.Encode(x);
            var decoded = stereo.Decode(codes, scale);
            var latent = stereo.DecodeLatent(codes);
            var whole = stereo.forward(x);
            Exactly.Equal(codes, whole.Codes);
            Near.Equal(decoded.narrow(2, 0, 61), whole.X, Tolerance);
            for (var item = 0; item < items; item++)
            {
                for (var channel = 0; channel < 2; channel++)
                {
                    var one = x.narrow(0, item, 1).narrow(1, channel, 1).contiguous();
                    var (alone, volume) = mono.Encode(one);
                    var (left, right) = stereo.SplitChannels(codes.narrow(0, item, 1));
                    Exactly.Equal(alone, channel == 0 ? left : right);
                    Near.Equal(mono.Decode(alone, volume), decoded.narrow(0, item, 1).narrow(1, channel, 1), Tolerance);
                    Near.Equal(mono.DecodeLatent(alone), latent.narrow(0, item, 1).narrow(1, channel * 8, 8), Tolerance);
                }
            }

            var bandwidth = mono.forward(x.narrow(1, 0, 1)).Bandwidth;
            Assert.Equal(2 * bandwidth.item<float>(), whole.Bandwidth.item<float>());
        }
    }

    [Fact]
    public void In_training_mode_the_gradient_reaches_the_input_and_the_codebooks_are_updated()
    {
        using var model = new InterleaveStereoCompressionModel(GoldenEncodec.Load("interleave_stereo"));
        model.train();
        using var scope = NewDisposeScope();
        var embed = model.state_dict()["model.quantizer.vq.layers.0._codebook.embed"];
        var before = embed.clone();
        var x = randn(2, 2, 40).requires_grad_();
        var result = model.forward(x);
        (result.X.pow(2).mean() + result.Penalty!).backward();
        Assert.True(x.grad!.abs().max().item<float>() > 0);
        Assert.True(before.ne(embed).any().item<bool>());
    }

    [Theory]
    [InlineData("interleave_stereo_codebooks: {use: true, per_timestep: false}", 6, 2)]
    [InlineData("interleave_stereo_codebooks: {use: true, per_timestep: true}\ncompression_model_n_q: 2", 2, 2)]
    [InlineData("interleave_stereo_codebooks: {use: true}\ncompression_model_n_q: 1", 2, 2)]
    [InlineData("interleave_stereo_codebooks: {use: false, per_timestep: true}\ncompression_model_n_q: 2", 2, 1)]
    [InlineData("interleave_stereo_codebooks: null\ncompression_model_n_q: null", 3, 1)]
    public void Checkpoints_configuration_selects_interleaved_stereo(string yaml, int codebooks, int channels)
    {
        using var model = AudioCraftGenModelLayout.WrappedCodec(GoldenEncodec.Load("interleave_stereo"), CheckpointConfig.Parse(yaml, "xp.cfg"));
        Assert.Equal((codebooks, channels), (model.NumCodebooks, model.Channels));
    }

    [Theory]
    [InlineData("interleave_stereo", "compression_model_n_q: 4", "compression_model_n_q")]
    [InlineData("encodec_noncausal_stereo_renorm_tgn", "interleave_stereo_codebooks: {use: true}", "2 channels")]
    public void Configuration_that_does_not_fit_the_codec_is_rejected(string name, string yaml, string said) =>
        Assert.Contains(
            said,
            Assert.Throws<CheckpointException>(() => AudioCraftGenModelLayout.WrappedCodec(GoldenEncodec.Load(name), CheckpointConfig.Parse(yaml, "xp.cfg"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Only_results_stay_alive()
    {
        using var model = new InterleaveStereoCompressionModel(GoldenEncodec.Load("interleave_stereo_renorm"), perTimestep: true);
        using var x = randn(2, 2, 50);
        LiveTensors.NoneLeft(() =>
        {
            var (codes, scale) = model.Encode(x);
            model.Decode(codes, scale).Dispose();
            model.DecodeLatent(codes).Dispose();
            model.forward(x).Dispose();
            var (left, right) = model.SplitChannels(codes);
            left.Dispose();
            right.Dispose();
            codes.Dispose();
            scale!.Dispose();
        });
    }

    [Fact]
    public void Wrong_shapes_are_rejected_with_their_shape()
    {
        using var model = new InterleaveStereoCompressionModel(GoldenEncodec.Load("interleave_stereo_renorm"));
        foreach (var shape in new long[][] { [2, 50], [1, 1, 50], [1, 3, 50], [0, 2, 50], [1, 2, 0] })
        {
            using var x = zeros(shape);
            Assert.Contains($"[{string.Join(", ", shape)}]", Assert.Throws<ArgumentException>(() => model.Encode(x)).Message, StringComparison.Ordinal);
        }

        foreach (var shape in new long[][] { [6, 3], [1, 5, 3], [1, 8, 3], [1, 0, 3], [1, 6, 0] })
        {
            using var codes = zeros(shape, ScalarType.Int64);
            Assert.ThrowsAny<ArgumentException>(() => model.Decode(codes));
        }

        using var right = zeros([1, 6, 3], ScalarType.Int64);
        foreach (var shape in new long[][] { [2, 1], [1, 1], [2, 1, 1], [1, 2, 2] })
        {
            using var scale = ones(shape);
            Assert.Contains($"[{string.Join(", ", shape)}]", Assert.Throws<ArgumentException>(() => model.Decode(right, scale)).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => model.SetNumCodebooks(4));
        using var stereo = GoldenEncodec.Load("encodec_noncausal_stereo_renorm_tgn");
        Assert.Contains("2 channels", Assert.Throws<ArgumentException>(() => new InterleaveStereoCompressionModel(stereo)).Message, StringComparison.Ordinal);
    }

    private static void CheckProperties(string name, string prefix, InterleaveStereoCompressionModel model)
    {
        using var json = Golden.Config(name);
        var recorded = json.RootElement.GetProperty("props").GetProperty(prefix);
        int Count(string property) => recorded.GetProperty(property).GetInt32();
        Assert.Equal(Count("num_codebooks"), model.NumCodebooks);
        Assert.Equal(Count("total_codebooks"), model.TotalCodebooks);
        Assert.Equal(Count("channels"), model.Channels);
        Assert.Equal(Count("cardinality"), model.Cardinality);
        Assert.Equal(recorded.GetProperty("frame_rate").GetDouble(), model.FrameRate);
        Assert.Equal(8000, model.SampleRate);
    }
}
