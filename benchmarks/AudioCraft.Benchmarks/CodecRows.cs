using AudioCraft.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Encoding and decoding of ten seconds by models of the released shapes with random weights; the figure is seconds of sound a second.</summary>
internal static class CodecRows
{
    private const double Seconds = 10;

    public static IEnumerable<Row> All =>
        [.. RowsOf("audiogen-16k", AudioGen16k), .. RowsOf("encodec-24k", Encodec24k), .. RowsOf("encodec-32k", Encodec32k), .. RowsOf("encodec-48k", Encodec48k)];

    /// <summary>The codec of facebook/audiogen-medium.</summary>
    internal static EncodecConfig AudioGen16k => new()
    {
        SampleRate = 16000,
        Encoder = new() { Filters = 64, ResidualLayers = 1, LstmLayers = 2, Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Constant },
        Quantizer = new() { CodebookCount = 4, Bins = 2048, KMeansInit = false },
    };

    /// <summary>facebook/encodec_24khz: causal, a convolution in every shortcut.</summary>
    internal static EncodecConfig Encodec24k => new()
    {
        SampleRate = 24000,
        Causal = true,
        Encoder = new() { Filters = 32, ResidualLayers = 1, LstmLayers = 2, Norm = ConvNorm.WeightNorm, Causal = true, TrueSkip = false },
        Quantizer = new() { CodebookCount = 32, Bins = 1024, KMeansInit = false },
    };

    /// <summary>facebook/encodec_32khz, the codec of MusicGen.</summary>
    private static EncodecConfig Encodec32k => AudioGen16k with
    {
        SampleRate = 32000,
        Encoder = AudioGen16k.Encoder with { Ratios = [8, 5, 4, 4] },
    };

    /// <summary>facebook/encodec_48khz: stereo at unit volume, in segments of a second, each normalised as a whole.</summary>
    private static EncodecConfig Encodec48k => Encodec24k with
    {
        SampleRate = 48000,
        Channels = 2,
        Causal = false,
        Renormalize = true,
        SegmentSeconds = 1,
        Encoder = Encodec24k.Encoder with { Channels = 2, Causal = false, Norm = ConvNorm.TimeGroupNorm },
        Quantizer = new() { CodebookCount = 16, Bins = 1024, KMeansInit = false },
    };

    private static Row[] RowsOf(string shape, EncodecConfig config) =>
    [
        new($"{shape}-encode", "× real time", Seconds, "codec.py", () => Prepare(config, encode: true)),
        new($"{shape}-decode", "× real time", Seconds, "codec.py", () => Prepare(config, encode: false)),
    ];

    private static Workload Prepare(EncodecConfig config, bool encode)
    {
        random.manual_seed(1);
        var model = new EncodecModel(config);
        model.eval();
        if (config.SegmentSeconds is not null)
        {
            return PrepareSegments(model, encode);
        }

        if (encode)
        {
            var sound = randn(1, config.Channels, (long)(Seconds * config.SampleRate));
            return new(() => model.Encode(sound).Codes.Dispose(), () => Release(model, sound));
        }

        var frames = (long)(Seconds * config.SampleRate) / config.Encoder.HopLength;
        var codes = randint(0, config.Quantizer.Bins, [1, config.Quantizer.CodebookCount, frames], ScalarType.Int64);
        return new(() => model.Decode(codes).Dispose(), () => Release(model, codes));
    }

    private static Workload PrepareSegments(EncodecModel model, bool encode)
    {
        var codec = new SegmentedCodec(model);
        var sound = randn(1, model.Channels, (long)(Seconds * model.SampleRate));
        if (encode)
        {
            return new(() => Release(codec.Encode(sound)), () => Release(model, sound));
        }

        var frames = codec.Encode(sound).ToList();
        return new(() => codec.Decode(frames).Dispose(), () =>
        {
            Release(frames);
            Release(model, sound);
        });
    }

    private static void Release(IEnumerable<EncodedFrame> frames)
    {
        foreach (var frame in frames)
        {
            frame.Dispose();
        }
    }

    private static void Release(EncodecModel model, Tensor input)
    {
        input.Dispose();
        model.Dispose();
    }
}
