using System.Globalization;
using System.Text.RegularExpressions;
using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public partial class SegmentedCodecTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public SegmentedCodecTests() => manual_seed(20261127);

    // A few times the noise in golden/INDEX.md: 3e-6 between one and two threads, 1e-5 between float32 and float64.
    private const double Tolerance = 2e-5;

    public static TheoryData<string> Cases => new(OriginalEncodecFixture.Names);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Segments_match_the_recorded_codes_scales_and_audio(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        var codec = new SegmentedCodec(model);
        using var io = Golden.Tensors(name);
        var runs = io.Tensors.Keys.Select(k => Run().Match(k)).Where(m => m.Success).ToList();
        Assert.NotEmpty(runs);
        foreach (var run in runs)
        {
            using var scope = NewDisposeScope();
            model.SetTargetBandwidth(double.Parse(run.Groups[2].Value, CultureInfo.InvariantCulture));
            var x = io.Read(run.Groups[1].Value + "/x");
            var frames = codec.Encode(x).ToList();
            Assert.Equal(io.Tensors.Keys.Count(k => k.StartsWith($"{run.Value}/frame", StringComparison.Ordinal) && k.EndsWith("_codes", StringComparison.Ordinal)), frames.Count);
            Assert.Equal(frames.Count, codec.CountSegments(x.size(-1)));
            for (var i = 0; i < frames.Count; i++)
            {
                Exactly.Equal(io.Read($"{run.Value}/frame{i}_codes"), frames[i].Codes);
                Assert.Equal(model.Renormalize, frames[i].Scale is not null);
                if (frames[i].Scale is { } scale)
                {
                    Near.Equal(io.Read($"{run.Value}/frame{i}_scale"), scale, 1e-6);
                }
            }

            Near.Equal(io.Read($"{run.Value}/decoded"), codec.Decode(frames), Tolerance);
            Near.Equal(io.Read($"{run.Value}/forward"), codec.Decode(frames, x.size(-1)), Tolerance);
            if (model.Config.SegmentSeconds is null)
            {
                Near.Equal(io.Read($"{run.Value}/forward"), model.forward(x).X, Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bandwidth_gives_upstreams_number_of_codebooks(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var json = Golden.Config(name);
        foreach (var entry in json.RootElement.GetProperty("n_q_for_bandwidth").EnumerateObject())
        {
            model.SetTargetBandwidth(double.Parse(entry.Name, CultureInfo.InvariantCulture));
            Assert.Equal(entry.Value.GetInt32(), model.NumCodebooks);
        }

        Assert.Equal(1, model.CodebooksFor(0.001));
        Assert.Equal(model.TotalCodebooks, model.CodebooksFor(1e6));
        Assert.Contains("trained for", Assert.Throws<ArgumentOutOfRangeException>(() => model.SetTargetBandwidth(0.61)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CodebooksFor(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CodebooksFor(0));
    }

    [Fact]
    public void Overlap_add_matches_upstream()
    {
        using var io = Golden.Tensors("encodec_binary");
        for (var i = 0; i < 3; i++)
        {
            using var scope = NewDisposeScope();
            var chunks = io.Tensors.Keys.Where(k => k.StartsWith($"ola{i}/frame", StringComparison.Ordinal)).Select(io.Read).ToList();
            var stride = (int)io.Read($"ola{i}/stride").item<long>();
            var recorded = io.Read($"ola{i}/out");
            var exact = OverlapAdd.Join([.. chunks.Select(p => p.to(ScalarType.Float64))], stride);
            var own = OverlapAdd.Join(chunks, stride);

            // The recorded result and ours round differently: 7.0e-8 and 6.7e-8 from the float64 sums, and 1.02e-7 from each other, measured with libtorch 2.10.
            Near.Equal(exact, recorded, 1e-7);
            Near.Equal(exact, own, 1e-7);
        }
    }

    [Fact]
    public void Segments_with_gaps_or_wrong_shapes_are_rejected()
    {
        using var scope = NewDisposeScope();
        var (ten, twenty) = (ones(1, 10), ones(1, 20));
        Assert.Throws<ArgumentException>(() => OverlapAdd.Join([], 5));
        Assert.Throws<ArgumentException>(() => OverlapAdd.Join([ten, ten], 11));
        Assert.Throws<ArgumentException>(() => OverlapAdd.Join([ten, twenty], 5));
        Assert.Throws<ArgumentException>(() => OverlapAdd.Join([ten, ones(2, 10)], 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => OverlapAdd.Join([ten, ten], 0));
    }

    [Fact]
    public void Every_length_around_segment_ends_is_decoded_to_the_same_length()
    {
        // Upstream fails if the last segment's frames end before those of the previous segment.
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var codec = new SegmentedCodec(model);
        model.SetNumCodebooks(1);
        int segment = model.Config.SegmentLength!.Value, stride = model.Config.SegmentStride!.Value, hop = model.HopLength;
        int[] lengths = [1, hop, hop + 1, stride - 1, stride, stride + 1, stride + 16, stride + 40, segment - 1, segment, segment + 1, stride + segment, 2 * stride + 1];
        foreach (var length in lengths)
        {
            using var scope = NewDisposeScope();
            var x = randn(1, 2, length);
            var audio = codec.Decode(codec.Encode(x), length);
            Assert.Equal([1, 2, length], audio.shape);
            Assert.True(audio.isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void Batch_matches_its_items_alone()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var codec = new SegmentedCodec(model);
        using var scope = NewDisposeScope();
        var x = randn(3, 2, 6000);
        var together = codec.Encode(x).ToList();
        var audio = codec.Decode(together);
        for (var i = 0; i < 3; i++)
        {
            var alone = codec.Encode(x.narrow(0, i, 1)).ToList();
            for (var f = 0; f < alone.Count; f++)
            {
                Exactly.Equal(alone[f].Codes, together[f].Codes.narrow(0, i, 1));
            }

            Near.Equal(codec.Decode(alone), audio.narrow(0, i, 1), 1e-5);
        }
    }

    [Fact]
    public void Segments_of_streamed_audio_and_frames_match_unstreamed()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var codec = new SegmentedCodec(model);
        using var scope = NewDisposeScope();
        var x = randn(2, 2, 15_000);
        var whole = codec.Encode(x).ToList();
        var frames = codec.EncodeStream(StreamChunks.Cut(x, 1, 4799, 600)).ToList();
        Assert.Equal(whole.Count, frames.Count);
        for (var f = 0; f < frames.Count; f++)
        {
            Exactly.Equal(whole[f].Codes, frames[f].Codes);
            Exactly.Equal(whole[f].Scale!, frames[f].Scale!);
        }

        var chunks = codec.DecodeStream(frames).ToList();
        Assert.Equal(frames.Count, chunks.Count);
        Exactly.Equal(codec.Decode(whole), cat(chunks, -1));
        Assert.Empty(codec.DecodeStream([]));
        Assert.Empty(codec.EncodeStream([]));
        Assert.Throws<ArgumentException>(() => codec.EncodeStream([x, x.narrow(0, 0, 1)]).ToList());
        Assert.Throws<ArgumentException>(() => codec.EncodeStream([x.narrow(1, 0, 1)]).ToList());
        Assert.Throws<ArgumentNullException>(() => codec.EncodeStream(null!));
        Assert.Throws<ArgumentNullException>(() => codec.DecodeStream(null!));
    }

    [Fact]
    public void Frames_and_lengths_that_do_not_fit_are_rejected()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        var codec = new SegmentedCodec(model);
        using var scope = NewDisposeScope();
        var frame = codec.Encode(randn(1, 1, 700)).Single();
        Assert.Throws<ArgumentException>(() => codec.Decode([]));
        Assert.Throws<ArgumentException>(() => codec.Decode([frame, frame]));
        Assert.Throws<ArgumentException>(() => codec.Decode([frame], 961));
        Assert.Throws<ArgumentException>(() => codec.Encode(randn(1, 2, 700)));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Segments(0));
    }

    [Fact]
    public void Only_frames_and_audio_stay_alive()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var codec = new SegmentedCodec(model);
        using var x = randn(1, 2, 9514);
        LiveTensors.NoneLeft(() =>
        {
            var frames = codec.Encode(x).ToList();
            codec.Decode(frames, 9514).Dispose();
            frames.ForEach(f => f.Dispose());
        });
        var kept = new List<EncodedFrame>();
        LiveTensors.Left(6, () => kept.AddRange(codec.Encode(x)));
        kept.ForEach(f => f.Dispose());
    }

    [Theory]
    [InlineData(0.0, 0.01)]
    [InlineData(-1.0, 0.01)]
    [InlineData(1.0, 1.0)]
    [InlineData(1.0, -0.1)]
    [InlineData(double.NaN, 0.01)]
    [InlineData(1e9, 0.01)]
    public void Invalid_segments_are_rejected(double seconds, double overlap) =>
        Assert.Throws<ArgumentException>(() => new EncodecModel(
            OriginalEncodecFixture.ConfigOf("encodec_original_48k") with { SegmentSeconds = seconds, SegmentOverlap = overlap }));

    [GeneratedRegex(@"^(len\d+)/bw([\d.]+)(?=/decoded$)")]
    private static partial Regex Run();
}
