using AudioCraft.Codecs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Streamed results compared with unstreamed ones for shapes that no released model has.</summary>
[Collection(ProcessWideState.Name)]
public class StreamingExactnessTests
{
    private const double Tolerance = 1e-5;

    private static readonly SEANetConfig Small = new() { Filters = 4, Dimension = 6, Ratios = [3, 2], ResidualLayers = 1 };

    private static readonly Dictionary<string, SEANetConfig> Shapes = new()
    {
        ["plain"] = Small,
        ["one_stage"] = Small with { Ratios = [5] },
        ["ratio_1"] = Small with { Ratios = [1, 4] },
        ["large_ratio"] = Small with { Ratios = [13] },
        ["even_kernels"] = Small with { KernelSize = 4, LastKernelSize = 6, ResidualKernelSize = 2 },
        ["kernels_of_1"] = Small with { KernelSize = 1, LastKernelSize = 1, ResidualKernelSize = 1 },
        ["wide_kernels"] = Small with { KernelSize = 15, LastKernelSize = 11, ResidualKernelSize = 9 },
        ["dilated"] = Small with { ResidualLayers = 3, DilationBase = 3 },
        ["convolved_shortcut"] = Small with { TrueSkip = false, Compress = 1 },
        ["lstm"] = Small with { LstmLayers = 2 },
        ["no_residual_blocks"] = Small with { ResidualLayers = 0, LstmLayers = 1 },
        ["stereo_weight_norm"] = Small with { Channels = 2, Norm = ConvNorm.WeightNorm, Activation = new("LeakyReLU"), FinalActivation = new("Tanh") },
        ["unused_time_norm"] = Small with { Norm = ConvNorm.TimeGroupNorm, DisableNormOuterBlocks = 4 },
    };

    public static TheoryData<string, bool, ConvPaddingMode, double> All
    {
        get
        {
            var data = new TheoryData<string, bool, ConvPaddingMode, double>();
            foreach (var shape in Shapes.Keys)
            {
                foreach (var mode in new[] { ConvPaddingMode.Constant, ConvPaddingMode.Reflect })
                {
                    data.Add(shape, false, mode, 1);
                    if (Shapes[shape].Norm != ConvNorm.TimeGroupNorm)
                    {
                        data.Add(shape, true, mode, 1);
                    }
                }
            }

            data.Add("plain", true, ConvPaddingMode.Reflect, 0);
            data.Add("large_ratio", true, ConvPaddingMode.Reflect, 0.3);
            data.Add("dilated", true, ConvPaddingMode.Constant, 0.5);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Streamed_latents_and_audio_match_unstreamed_at_every_length(string shape, bool causal, ConvPaddingMode mode, double trimRightRatio)
    {
        using var model = Make(Shapes[shape] with { Causal = causal, PaddingMode = mode, TrimRightRatio = trimRightRatio });
        using var guard = no_grad();
        foreach (var length in Enumerable.Range(1, 12).Concat([17, 24, 25, 40, 61, 127, 300]))
        {
            using var scope = NewDisposeScope();
            var audio = randn(1, model.Channels, length);
            CheckChain(model.Encoder, audio, model.Encoder.forward(audio), length % 2 == 0 ? [1, 2] : [5, 1, 11]);
            if (length <= 40)
            {
                var latent = randn(1, 6, length);
                CheckChain(model.Decoder, latent, model.Decoder.forward(latent), length % 2 == 0 ? [1] : [3, 1]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Frame_is_returned_exactly_at_the_stated_latency(string shape, bool causal, ConvPaddingMode mode, double trimRightRatio)
    {
        using var model = Make(Shapes[shape] with { Causal = causal, PaddingMode = mode, TrimRightRatio = trimRightRatio });
        using var scope = NewDisposeScope();
        using var encoder = model.CreateStreamingEncoder();
        var hop = model.HopLength;
        var audio = randn(1, model.Channels, encoder.StartupSamples + (6 * hop));
        var pushed = 0;
        var frames = 0L;
        foreach (var sample in StreamChunks.Cut(audio, 1))
        {
            pushed++;
            frames += encoder.Push(sample)?.size(2) ?? 0;
            var due = pushed < encoder.StartupSamples ? 0 : ((pushed - encoder.LatencySamples) / hop) + 1;
            Assert.Equal(due, frames);
        }

        if (causal)
        {
            Assert.Equal(hop, encoder.LatencySamples);
        }

        using var decoder = model.CreateStreamingDecoder();
        pushed = 0;
        var samples = 0L;
        var codes = randint(0, 8, [1, 2, decoder.StartupFrames + decoder.LookAheadFrames + 6], ScalarType.Int64);
        foreach (var frame in StreamChunks.Cut(codes, 1))
        {
            pushed++;
            samples += decoder.Push(frame)?.size(2) ?? 0;
            Assert.Equal(pushed >= decoder.StartupFrames, samples > 0);
            var complete = pushed < decoder.StartupFrames ? 0 : Math.Max(0, pushed - decoder.LookAheadFrames);
            Assert.InRange(samples, complete * hop, Math.Max(0, ((complete + 1) * hop) - 1));
        }

        if (causal && trimRightRatio == 1)
        {
            Assert.Equal(0, decoder.LookAheadFrames);
        }
    }

    [Fact]
    public void Without_reflection_a_causal_models_startup_is_one_hop_and_one_frame()
    {
        using var model = Make(Small with { Causal = true, PaddingMode = ConvPaddingMode.Constant, LstmLayers = 1 });
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        Assert.Equal(model.HopLength, encoder.StartupSamples);
        Assert.Equal(1, decoder.StartupFrames);
    }

    internal static EncodecModel Make(SEANetConfig config)
    {
        random.manual_seed(7);
        var model = new EncodecModel(new()
        {
            SampleRate = 600,
            Channels = config.Channels,
            Causal = config.Causal,
            Encoder = config with { TrimRightRatio = 1, FinalActivation = null },
            Decoder = config,
            Quantizer = new() { NumCodebooks = 2, Cardinality = 8, KMeansInit = false },
        });
        model.eval();
        return model;
    }

    private static void CheckChain(nn.Module<Tensor, Tensor> layer, Tensor input, Tensor whole, int[] sizes)
    {
        using var chain = ((CodecLayer)layer).OpenStream();
        var original = input.clone();
        var chunks = StreamChunks.Run(input, sizes, chunk => chain.Push(chunk, false), () => chain.Push(null, true))!;
        Near.Equal(whole, chunks, Tolerance);
        Exactly.Equal(original, input);
        using var atOnce = ((CodecLayer)layer).OpenStream();
        Near.Equal(whole, atOnce.Push(input, true)!, Tolerance);
    }
}
