using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class FiniteAudioTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public FiniteAudioTests() => random.manual_seed(20261127);

    public static TheoryData<string, float> ModelsAndValues
    {
        get
        {
            var data = new TheoryData<string, float>();
            foreach (var model in new[] { "encodec", "renormalizing", "dac", "stereo" })
            {
                data.Add(model, float.NaN);
                data.Add(model, float.PositiveInfinity);
                data.Add(model, float.NegativeInfinity);
            }

            return data;
        }
    }

    public static TheoryData<string> Models => ["encodec", "renormalizing", "dac", "stereo"];

    [Theory]
    [MemberData(nameof(ModelsAndValues))]
    public void Encode_rejects_samples_that_are_not_finite(string kind, float value)
    {
        using var model = Create(kind);
        using var audio = zeros(1, model.Channels, 2000);
        audio[0, 0, 1234] = value;

        var error = Assert.Throws<ArgumentException>(() => model.Encode(audio));

        Assert.Contains(value.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        Assert.Contains("1234]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.Encode(audio, 1));
    }

    [Theory]
    [InlineData("encodec", float.NaN)]
    [InlineData("dac", float.PositiveInfinity)]
    [InlineData("stereo", float.NaN)]
    public void Streaming_encoder_rejects_samples_that_are_not_finite_and_continues_after_the_error(string kind, float value)
    {
        using var model = Create(kind);
        using var scope = NewDisposeScope();
        var good = randn(1, model.Channels, 2000);
        var bad = good.clone();
        bad[0, 0, 7] = value;
        using var stream = model.CreateStreamingEncoder();
        List<Tensor?> codes = [stream.Push(good)];

        Assert.Throws<ArgumentException>(() => stream.Push(bad));

        codes.Add(stream.Flush());
        Exactly.Equal(model.Encode(good).Codes, cat([.. codes.OfType<Tensor>()], 2));
    }

    [Fact]
    public void Large_finite_samples_are_accepted()
    {
        using var model = Create("encodec");
        using var audio = full([1, 1, 2000], 3e38f);

        var (codes, _) = model.Encode(audio);

        Assert.Equal(125, codes.size(2));
        codes.Dispose();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Decode_reports_a_codec_that_produces_NaN(string kind)
    {
        using var model = Create(kind);
        using var scope = NewDisposeScope();
        var (codes, scale) = model.Encode(randn(1, model.Channels, 2000));
        DamageDecoder(model);

        var error = Assert.Throws<AudioCraftException>(() => model.Decode(codes, scale));

        Assert.Contains(kind == "dac" ? nameof(DacModel) : nameof(EncodecModel), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encodec")]
    [InlineData("dac")]
    [InlineData("stereo")]
    public void Streaming_decoder_reports_a_codec_that_produces_NaN(string kind)
    {
        using var model = Create(kind);
        using var scope = NewDisposeScope();
        var codes = model.Encode(randn(1, model.Channels, 2000)).Codes;
        DamageDecoder(model);
        using var stream = model.CreateStreamingDecoder();

        Assert.Throws<AudioCraftException>(() =>
        {
            stream.Push(codes);
            stream.Flush();
        });
        Assert.Throws<AudioCraftException>(() => model.DecodeStream([codes]).ToList());
    }

    [Fact]
    public void Decode_rejects_a_scale_that_is_not_finite()
    {
        using var model = Create("renormalizing");
        using var scope = NewDisposeScope();
        var (codes, scale) = model.Encode(randn(1, 1, 2000));

        Assert.Throws<ArgumentException>(() => model.Decode(codes, full_like(scale!, float.NaN)));
    }

    [Fact]
    public void Dac_file_is_not_written_from_samples_that_are_not_finite()
    {
        using var model = (DacModel)Create("dac");
        using var audio = zeros(1, 2000);
        audio[0, 5] = float.NaN;

        Assert.Throws<ArgumentException>(() => new DacCompressor(model).Compress(audio, model.SampleRate));
    }

    [Fact]
    public void Errors_leave_no_tensors()
    {
        using var model = Create("encodec");
        using var audio = full([1, 1, 2000], float.NaN);
        var codes = model.Encode(zeros_like(audio)).Codes;
        DamageDecoder(model);
        LiveTensors.NoneLeft(() =>
        {
            Assert.Throws<ArgumentException>(() => model.Encode(audio));
            Assert.Throws<AudioCraftException>(() => model.Decode(codes));
        });
        codes.Dispose();
    }

    private static void DamageDecoder(CompressionModel model)
    {
        using var guard = no_grad();
        var bias = model.named_parameters().Last(parameter => parameter.name.Contains("decoder.", StringComparison.Ordinal) && parameter.name.EndsWith("bias", StringComparison.Ordinal)).parameter;
        bias.fill_(float.NaN);
    }

    private static CompressionModel Create(string kind)
    {
        var encodec = new EncodecConfig
        {
            SampleRate = 16000,
            Encoder = new SEANetConfig { Filters = 4, Dimension = 8, Ratios = [4, 4] },
            Quantizer = new QuantizerConfig { NumCodebooks = 2, Cardinality = 16, KMeansInit = false },
        };
        CompressionModel model = kind switch
        {
            "encodec" => new EncodecModel(encodec),
            "renormalizing" => new EncodecModel(encodec with { Renormalize = true }),
            "dac" => new DacModel(new DacConfig
            {
                EncoderDimension = 4, EncoderRates = [2, 4], DecoderDimension = 16, DecoderRates = [4, 2], LatentDimension = 8, NumCodebooks = 2, Cardinality = 16, CodebookDimensions = [4],
            }),
            _ => new InterleaveStereoCompressionModel(new EncodecModel(encodec)),
        };
        model.eval();
        return model;
    }
}
