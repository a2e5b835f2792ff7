using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class EncodecModelTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public EncodecModelTests() => manual_seed(20261127);

    private const string Mono = "encodec_noncausal_16k_audiogen_tiny";
    private const string Stereo = "encodec_noncausal_stereo_renorm_tgn";

    [Fact]
    public void Only_results_stay_alive()
    {
        using var model = GoldenEncodec.Load(Mono);
        using var stereo = GoldenEncodec.Load(Stereo);
        using var audio = randn(1, 1, 1000);
        using var two = randn(2, 2, 100);
        model.Encode(audio).Codes.Dispose();
        LiveTensors.NoneLeft(() =>
        {
            var (codes, scale) = model.Encode(audio);
            Assert.Null(scale);
            model.DecodeLatent(codes).Dispose();
            model.Decode(codes).Dispose();
            model.forward(audio).Dispose();
            codes.Dispose();
        });
        LiveTensors.NoneLeft(() =>
        {
            var (codes, scale) = stereo.Encode(two);
            stereo.Decode(codes, scale).Dispose();
            stereo.forward(two).Dispose();
            codes.Dispose();
            scale!.Dispose();
        });
        LiveTensors.Left(5, () =>
        {
            model.Encode(audio);
            model.forward(audio);
        });
    }

    [Fact]
    public void Single_sample_or_frame_does_not_change_the_weights()
    {
        using var model = GoldenEncodec.Load(Mono);
        using var sample = randn(1, 1, 1);
        using var first = model.Encode(sample).Codes;
        using var once = model.Decode(first);
        using var second = model.Encode(sample).Codes;
        using var twice = model.Decode(second);
        Exactly.Equal(first, second);
        Exactly.Equal(once, twice);
    }

    [Fact]
    public void Disposing_a_model_releases_its_weights()
    {
        var model = GoldenEncodec.Load(Mono);
        var weights = model.state_dict().Values.ToList();
        model.Dispose();
        Assert.All(weights, w => Assert.True(w.IsInvalid));
    }

    [Fact]
    public void Results_need_no_gradient_and_belong_to_the_callers_dispose_scope()
    {
        using var model = GoldenEncodec.Load(Mono);
        using var audio = randn(1, 1, 700);
        Tensor codes, decoded;
        using (var scope = NewDisposeScope())
        {
            codes = model.Encode(audio).Codes;
            decoded = model.Decode(codes);
            Assert.False(decoded.requires_grad);
            Assert.Equal([1, 1, 960], decoded.shape);
        }

        Assert.True(codes.IsInvalid);
        Assert.True(decoded.IsInvalid);
    }

    [Theory]
    [InlineData(Mono)]
    [InlineData(Stereo)]
    [InlineData("encodec_causal_24k_tiny")]
    public void Batch_matches_its_items_alone(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var scope = NewDisposeScope();
        var batch = randn(11, model.Channels, (2 * model.HopLength) + 7);
        var (codes, scale) = model.Encode(batch);
        var decoded = model.Decode(codes, scale);
        for (var i = 0; i < 11; i++)
        {
            var (alone, aloneScale) = model.Encode(batch.narrow(0, i, 1));
            Exactly.Equal(codes.narrow(0, i, 1), alone);
            Near.Equal(decoded.narrow(0, i, 1), model.Decode(alone, aloneScale), 1e-5);
        }
    }

    [Theory]
    [InlineData(Mono)]
    [InlineData(Stereo)]
    [InlineData("encodec_causal_24k_tiny")]
    [InlineData("encodec_noncausal_norm_none_lstm0")]
    public void Every_length_is_encoded_to_whole_frames_and_forward_keeps_the_length(string name)
    {
        using var model = GoldenEncodec.Load(name);
        var hop = model.HopLength;
        foreach (var length in Enumerable.Range(1, 12).Concat(Enumerable.Range(hop - 3, 7)).Append((3 * hop) + 1).Distinct())
        {
            using var scope = NewDisposeScope();
            var audio = randn(1, model.Channels, length);
            var frames = (length + hop - 1) / hop;
            var result = model.forward(audio);
            Assert.Equal([1, model.TotalCodebooks, frames], result.Codes.shape);
            Assert.Equal(audio.shape, result.X.shape);
            Assert.True(result.X.isfinite().all().item<bool>());
            var (codes, scale) = model.Encode(audio);
            Assert.Equal(model.Renormalize, scale is not null);
            Assert.Equal([1, model.Channels, frames * hop], model.Decode(codes, scale).shape);
        }
    }

    [Fact]
    public void Audio_of_a_wrong_shape_or_type_is_rejected_with_its_shape()
    {
        using var model = GoldenEncodec.Load(Mono);
        foreach (var shape in new long[][] { [100], [1, 100], [1, 2, 100], [1, 1, 0], [0, 1, 100], [1, 1, 1, 100] })
        {
            using var audio = zeros(shape);
            var text = $"[{string.Join(", ", shape)}]";
            Assert.Contains(text, Assert.Throws<ArgumentException>(() => model.Encode(audio)).Message, StringComparison.Ordinal);
            Assert.Contains(text, Assert.Throws<ArgumentException>(() => model.forward(audio)).Message, StringComparison.Ordinal);
        }

        using var doubles = zeros([1, 1, 100], ScalarType.Float64);
        Assert.Contains("Float64", Assert.Throws<ArgumentException>(() => model.Encode(doubles)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => model.Encode(null!));
    }

    [Fact]
    public void Codes_of_a_wrong_shape_type_or_value_are_rejected_and_named()
    {
        using var model = GoldenEncodec.Load(Mono);
        foreach (var shape in new long[][] { [4, 3], [1, 5, 3], [1, 0, 3], [1, 4, 0], [1, 1, 4, 3] })
        {
            using var codes = zeros(shape, ScalarType.Int64);
            Assert.Contains(
                $"[{string.Join(", ", shape)}]", Assert.Throws<ArgumentException>(() => model.Decode(codes)).Message, StringComparison.Ordinal);
        }

        foreach (var bad in new long[] { -1, 128, long.MaxValue })
        {
            using var codes = zeros([1, 4, 3], ScalarType.Int64);
            codes[0, 2, 1] = bad;
            Assert.Contains($"{bad}", Assert.Throws<ArgumentException>(() => model.Decode(codes)).Message, StringComparison.Ordinal);
            Assert.Contains($"{bad}", Assert.Throws<ArgumentException>(() => model.DecodeLatent(codes)).Message, StringComparison.Ordinal);
        }

        using var floats = zeros(1, 4, 3);
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(() => model.Decode(floats)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scale_is_accepted_only_by_models_that_renormalize()
    {
        using var mono = GoldenEncodec.Load(Mono);
        using var stereo = GoldenEncodec.Load(Stereo);
        using var codes = zeros([2, 4, 3], ScalarType.Int64);
        using var scale = ones(2, 1);
        using var wrong = ones(1, 2);
        Assert.Throws<ArgumentException>(() => mono.Decode(codes, scale));
        Assert.Contains("[1, 2]", Assert.Throws<ArgumentException>(() => stereo.Decode(codes, wrong)).Message, StringComparison.Ordinal);
        stereo.Decode(codes, scale).Dispose();
    }

    [Fact]
    public void Number_of_codebooks_is_one_to_the_total()
    {
        using var model = GoldenEncodec.Load(Mono);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.SetNumCodebooks(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.SetNumCodebooks(5));
        model.SetNumCodebooks(1);
        using var audio = randn(1, 1, 640);
        using var codes = model.Encode(audio).Codes;
        Assert.Equal([1, 1, 2], codes.shape);
    }

    [Fact]
    public void Silence_stays_finite_in_models_that_renormalize()
    {
        using var model = GoldenEncodec.Load(Stereo);
        using var silence = zeros(1, 2, 240);
        using var result = model.forward(silence);
        using var finite = result.X.isfinite();
        using var all = finite.all();
        Assert.True(all.item<bool>());
    }

    [Fact]
    public void Invalid_configuration_is_rejected_with_its_value()
    {
        var seanet = new SEANetConfig { Filters = 2, Dimension = 4, Ratios = [2] };
        void Refused(EncodecConfig config, string said) =>
            Assert.Contains(said, Assert.ThrowsAny<ArgumentException>(() => new EncodecModel(config)).Message, StringComparison.Ordinal);

        Refused(new() { Encoder = seanet with { Ratios = [] } }, "Ratios");
        Refused(new() { Encoder = seanet with { Ratios = [1 << 20] } }, "1048576");
        Refused(new() { Encoder = seanet with { Filters = -3 } }, "-3");
        Refused(new() { Encoder = seanet, Channels = 2 }, "channels");
        Refused(new() { Encoder = seanet, Causal = true, Renormalize = true }, "renormalize");
        Refused(new() { Encoder = seanet with { Causal = true, Norm = ConvNorm.TimeGroupNorm } }, "causal");
        Refused(new() { Encoder = seanet, Decoder = seanet with { Dimension = 5 } }, "dimension");
        Refused(new() { Encoder = seanet, Quantizer = new() { Cardinality = 0 } }, "Cardinality");
        Refused(new() { Encoder = seanet with { Activation = new("Sine") } }, "Sine");
        Refused(new() { Encoder = seanet with { TrimRightRatio = 0.5 } }, "TrimRightRatio");
    }
}
