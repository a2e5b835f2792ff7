using AudioCraft.Benchmarks.Baseline;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Encoding and decoding of ten seconds with models of the released shapes and random weights, in seconds of audio per second.</summary>
internal static class CodecRows
{
    private const double Seconds = 10;

    /// <summary>The duration for small shapes, two segments of the 48 kHz model.</summary>
    private const double FewSeconds = 1.5;

    public static IEnumerable<Row> All =>
        [.. RowsOf("audiogen-16k", AudioGen16k), .. RowsOf("encodec-24k", Encodec24k), .. RowsOf("encodec-32k", Encodec32k), .. RowsOf("encodec-48k", Encodec48k)];

    /// <summary>The codec of facebook/audiogen-medium.</summary>
    internal static EncodecConfig AudioGen16k => new()
    {
        SampleRate = 16000,
        Encoder = new() { Filters = 64, ResidualLayers = 1, LstmLayers = 2, Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Constant },
        Quantizer = new() { NumCodebooks = 4, Cardinality = 2048, KMeansInit = false },
    };

    /// <summary>facebook/encodec_24khz: causal, a convolution in every shortcut.</summary>
    internal static EncodecConfig Encodec24k => new()
    {
        SampleRate = 24000,
        Causal = true,
        Encoder = new() { Filters = 32, ResidualLayers = 1, LstmLayers = 2, Norm = ConvNorm.WeightNorm, Causal = true, TrueSkip = false },
        Quantizer = new() { NumCodebooks = 32, Cardinality = 1024, KMeansInit = false },
    };

    /// <summary>facebook/encodec_32khz, the codec of MusicGen.</summary>
    private static EncodecConfig Encodec32k => AudioGen16k with
    {
        SampleRate = 32000,
        Encoder = AudioGen16k.Encoder with { Ratios = [8, 5, 4, 4] },
    };

    /// <summary>facebook/encodec_48khz: stereo at unit volume, in segments of a second, each of which is normalized as a whole.</summary>
    private static EncodecConfig Encodec48k => Encodec24k with
    {
        SampleRate = 48000,
        Channels = 2,
        Causal = false,
        Renormalize = true,
        SegmentSeconds = 1,
        Encoder = Encodec24k.Encoder with { Channels = 2, Causal = false, Norm = ConvNorm.TimeGroupNorm },
        Quantizer = new() { NumCodebooks = 16, Cardinality = 1024, KMeansInit = false },
    };

    private static Row[] RowsOf(string shape, EncodecConfig config) =>
    [
        new($"{shape}-encode", "× real time", "codec.py", small => Prepare($"{shape}-encode", config, encode: true, small)),
        new($"{shape}-decode", "× real time", "codec.py", small => Prepare($"{shape}-decode", config, encode: false, small)),
    ];

    private static Workload Prepare(string name, EncodecConfig config, bool encode, bool small)
    {
        random.manual_seed(1);
        if (small)
        {
            config = config with { Encoder = config.Encoder with { Filters = 8 }, Quantizer = config.Quantizer with { NumCodebooks = 4, Cardinality = 64 } };
        }

        var seconds = small ? FewSeconds : Seconds;
        var model = new EncodecModel(config);
        model.eval();
        ModelWeights.Perturb(model);
        var baseline = new PlainEncodec(model);
        var sound = randn(1, config.Channels, (long)(seconds * config.SampleRate));
        var work = config.SegmentSeconds is not null ? Segments(name, model, baseline, sound, encode, seconds)
            : encode ? Encoding(name, model, baseline, sound, seconds)
            : Decoding(name, model, baseline, config.Quantizer, sound.size(-1) / model.HopLength, seconds);
        return work with
        {
            Release = () =>
            {
                work.Release();
                sound.Dispose();
                baseline.Dispose();
                model.Dispose();
            },
        };
    }

    private static Workload Encoding(string name, EncodecModel model, PlainEncodec baseline, Tensor sound, double seconds) =>
        new(seconds, () => model.Encode(sound).Codes.Dispose(), () => { })
        {
            Baseline = () =>
            {
                using var guard = no_grad();
                baseline.Encode(sound).Codes.Dispose();
            },
            Compare = () =>
            {
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                Comparison.SameCodes(name, model.Encode(sound).Codes, baseline.Encode(sound).Codes);
                return Comparison.Difference(name, model.Encoder.forward(sound), baseline.Latent(sound));
            },
        };

    private static Workload Decoding(string name, EncodecModel model, PlainEncodec baseline, QuantizerConfig quantizer, long frames, double seconds)
    {
        var codes = randint(0, quantizer.Cardinality, [1, quantizer.NumCodebooks, frames], ScalarType.Int64);
        return new(seconds, () => model.Decode(codes).Dispose(), codes.Dispose)
        {
            Baseline = () =>
            {
                using var guard = no_grad();
                baseline.Decode(codes).Dispose();
            },
            Compare = () =>
            {
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                return Comparison.Difference(name, model.Decode(codes), baseline.Decode(codes));
            },
        };
    }

    private static Workload Segments(string name, EncodecModel model, PlainEncodec baseline, Tensor sound, bool encode, double seconds)
    {
        var codec = new SegmentedCodec(model);
        var frames = codec.Encode(sound).ToList();
        List<(Tensor Codes, Tensor? Scale)> plain = [.. frames.Select(frame => (frame.Codes, frame.Scale?.view(-1, 1, 1)))];
        void Release()
        {
            plain.ForEach(frame => frame.Scale?.Dispose());
            frames.ForEach(frame => frame.Dispose());
        }

        return encode
            ? new(seconds, () => codec.Encode(sound).ToList().ForEach(frame => frame.Dispose()), Release)
            {
                Baseline = () =>
                {
                    using var guard = no_grad();
                    using var scope = NewDisposeScope();
                    baseline.EncodeSegments(sound);
                },
                Compare = () =>
                {
                    using var guard = no_grad();
                    using var scope = NewDisposeScope();
                    var theirs = baseline.EncodeSegments(sound);
                    Comparison.SameCodes(name, cat([.. frames.Select(frame => frame.Codes)], -1), cat([.. theirs.Select(frame => frame.Codes)], -1));
                    var first = sound.narrow(-1, 0, model.Config.SegmentLength!.Value);
                    return Math.Max(
                        Comparison.Difference(name, cat([.. plain.Select(frame => frame.Scale!)]), cat([.. theirs.Select(frame => frame.Scale!)])),
                        Comparison.Difference(name, model.Encoder.forward(first), baseline.Latent(first)));
                },
            }
            : new(seconds, () => codec.Decode(frames).Dispose(), Release)
            {
                Baseline = () =>
                {
                    using var guard = no_grad();
                    baseline.DecodeSegments(plain).Dispose();
                },
                Compare = () =>
                {
                    using var guard = no_grad();
                    using var scope = NewDisposeScope();
                    return Comparison.Difference(name, codec.Decode(frames), baseline.DecodeSegments(plain));
                },
            };
    }
}
