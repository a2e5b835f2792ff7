using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class NumCodebooksTests
{
    public static TheoryData<string> Models => new() { "encodec", "dac", "stereo" };

    [Theory]
    [MemberData(nameof(Models))]
    public void Encode_with_a_number_of_codebooks_equals_Encode_after_SetNumCodebooks(string kind)
    {
        using var model = Create(kind);
        using var scope = NewDisposeScope();
        var audio = randn(1, model.Channels, 2000);
        for (var n = 1; n <= model.TotalCodebooks; n++)
        {
            var before = model.NumCodebooks;
            var (codes, _) = model.Encode(audio, n);
            Assert.Equal(before, model.NumCodebooks);
            model.SetNumCodebooks(n);
            Exactly.Equal(model.Encode(audio).Codes, codes);
            Exactly.Equal(codes, cat(model.EncodeStream([audio]).ToList(), 2));
            model.SetNumCodebooks(model.TotalCodebooks);
            Exactly.Equal(codes, cat(model.EncodeStream([audio], codebooks: n).ToList(), 2));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Encode_rejects_numbers_of_codebooks_that_the_model_does_not_have(string kind)
    {
        using var model = Create(kind);
        using var audio = randn(1, model.Channels, 2000);
        foreach (var n in new[] { 0, -1, model.TotalCodebooks + 1 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => model.Encode(audio, n));
            Assert.Throws<ArgumentOutOfRangeException>(() => model.EncodeStream([audio], codebooks: n));
            using var stream = model.CreateStreamingEncoder();
            Assert.Throws<ArgumentOutOfRangeException>(() => stream.Push(audio, n));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Threads_that_encode_with_different_numbers_of_codebooks_do_not_affect_each_other(string kind)
    {
        using var model = Create(kind);
        using var audio = randn(1, model.Channels, 2000);
        using var all = model.Encode(audio, model.TotalCodebooks).Codes;
        var perCodebook = all.size(1) / model.TotalCodebooks;
        await Task.WhenAll(Enumerable.Range(1, model.TotalCodebooks).Select(n => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    using var scope = NewDisposeScope();
                    Exactly.Equal(all.narrow(1, 0, n * perCodebook), model.Encode(audio, n).Codes);
                }
            },
            TaskCreationOptions.LongRunning)));
    }

    [Fact]
    public void Streaming_encoder_uses_the_number_of_codebooks_of_each_push()
    {
        using var model = Create("encodec");
        using var scope = NewDisposeScope();
        var audio = randn(1, 1, 40 * 8);
        var whole = model.Encode(audio).Codes;
        using var stream = model.CreateStreamingEncoder();
        var first = stream.Push(audio.narrow(2, 0, 160), 2)!;
        var second = stream.Push(audio.narrow(2, 160, 160), 1)!;
        Exactly.Equal(whole.narrow(1, 0, 2).narrow(2, 0, first.size(2)), first);
        Exactly.Equal(whole.narrow(1, 0, 1).narrow(2, first.size(2), second.size(2)), second);
        var rest = stream.Flush(3);
        Assert.Equal(whole.size(2), first.size(2) + second.size(2) + (rest?.size(2) ?? 0));
    }

    [Fact]
    public void SegmentedCodec_uses_the_number_of_codebooks_of_the_call()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var codec = new SegmentedCodec(model);
        using var audio = randn(1, 2, 6000);
        foreach (var frame in codec.Encode(audio, 1).Concat(codec.EncodeStream([audio], 1)))
        {
            using (frame)
            {
                Assert.Equal(1, frame.Codes.size(1));
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Encode(audio, model.TotalCodebooks + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.EncodeStream([audio], 0));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Device_is_the_device_of_the_weights(string kind)
    {
        using var model = Create(kind);
        Assert.Equal(DeviceType.CPU, model.Device.type);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SEANet_block_without_padding_equals_the_inner_part_of_the_padded_block(bool causal)
    {
        var config = new SEANetConfig { Causal = causal, TrueSkip = false, ResidualKernelSize = 4, PaddingMode = ConvPaddingMode.Constant };
        using var block = new SEANetResnetBlock(8, 3, config, config.ConvOptions(training: false));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var input = randn(2, 8, 60);
        var original = input.clone();
        var lost = 9;
        var expected = block.forward(input).narrow(2, causal ? lost : lost - (lost / 2), 60 - lost);
        Near.Equal(expected, block.Run(input, padded: false), 1e-6);
        Exactly.Equal(original, input);
    }

    private static CompressionModel Create(string kind)
    {
        random.manual_seed(3);
        var encodec = new EncodecConfig
        {
            SampleRate = 8000,
            Encoder = new() { Filters = 2, Dimension = 6, Ratios = [4, 2], ResidualLayers = 1 },
            Quantizer = new() { NumCodebooks = 3, Cardinality = 16, KMeansInit = false },
        };
        CompressionModel model = kind switch
        {
            "encodec" => new EncodecModel(encodec),
            "stereo" => new InterleaveStereoCompressionModel(new EncodecModel(encodec)),
            _ => new DacModel(new()
            {
                SampleRate = 8000, EncoderDimension = 4, EncoderRates = [2, 4], DecoderDimension = 16, DecoderRates = [4, 2], NumCodebooks = 3, Cardinality = 16,
            }),
        };
        model.eval();
        return model;
    }
}
