using AudioCraft.Generation;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Streaming of stereo with interleaved codes compared with unstreamed results.</summary>
[Collection(ProcessWideState.Name)]
public class InterleaveStereoStreamingTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public InterleaveStereoStreamingTests() => manual_seed(20261127);

    private const double Tolerance = 1e-5;

    public static TheoryData<bool, bool> Modes => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Modes))]
    public void Streamed_codes_and_audio_match_unstreamed(bool dac, bool perTimestep)
    {
        using var model = Make(dac, perTimestep);
        using var scope = NewDisposeScope();
        var audio = randn(2, 2, 307) * 0.3f;
        var codes = model.Encode(audio).Codes;
        var decoded = model.Decode(codes);
        foreach (var sizes in new int[][] { [1, 30], [7], [1 << 20] })
        {
            Exactly.Equal(codes, StreamChunks.Encode(model, audio, sizes));
        }

        foreach (var sizes in perTimestep ? new int[][] { [2], [4, 2], [1 << 20] } : [[1], [3, 1], [1 << 20]])
        {
            Near.Equal(decoded, StreamChunks.Decode(model, codes, sizes), Tolerance);
        }

        Near.Equal(decoded, cat(model.DecodeStream(model.EncodeStream([audio]), disposePieces: true).ToList(), 2), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Frame_is_returned_exactly_at_the_stated_latency(bool dac, bool perTimestep)
    {
        using var model = Make(dac, perTimestep);
        using var scope = NewDisposeScope();
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        using var channel = model.Model.CreateStreamingEncoder();
        using var channelDecoder = model.Model.CreateStreamingDecoder();
        var turns = perTimestep ? 2 : 1;
        Assert.Equal((channel.LatencySamples, channel.StartupSamples), (encoder.LatencySamples, encoder.StartupSamples));
        Assert.Equal((turns * channelDecoder.LookAheadFrames, turns * channelDecoder.StartupFrames), (decoder.LookAheadFrames, decoder.StartupFrames));
        var frames = 0L;
        for (var pushed = 1; pushed <= encoder.StartupSamples; pushed++)
        {
            Assert.Equal(0, frames);
            frames += encoder.Push(randn(1, 2, 1))?.size(2) ?? 0;
        }

        Assert.True(frames > 0 && frames % turns == 0);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Frames_decoded_one_by_one_match_the_whole(bool dac, bool perTimestep)
    {
        using var model = Make(dac, perTimestep);
        using var scope = NewDisposeScope();
        var codes = randint(0, 4, [2, model.NumCodebooks, 24], ScalarType.Int64);
        List<Tensor>[] heard = [[], []];
        using (var decoder = new ChunkDecoder(model, framesPerChunk: 3, firstItem: 5))
        {
            List<AudioChunk> chunks = [.. CodeFrames.FromTensor(codes).SelectMany(decoder.Add)];
            chunks.AddRange(decoder.End());
            foreach (var chunk in chunks)
            {
                Assert.Equal(heard[chunk.Item - 5].Sum(t => t.size(1)), chunk.StartSample);
                heard[chunk.Item - 5].Add(chunk.Audio);
            }
        }

        var whole = model.Decode(codes);
        for (var item = 0; item < 2; item++)
        {
            Near.Equal(whole[item], cat(heard[item], 1), Tolerance);
            heard[item].ForEach(t => t.Dispose());
        }
    }

    [Fact]
    public void Codec_that_needs_the_whole_audio_is_rejected_with_the_reason()
    {
        using var model = new InterleaveStereoCompressionModel(GoldenEncodec.Load("interleave_stereo_renorm"));
        Assert.Contains("renormalizes", Assert.Throws<NotSupportedException>(() => model.CreateStreamingDecoder()).Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => model.EncodeStream([]));
        Assert.Contains("renormalizes", Assert.Throws<NotSupportedException>(() => new ChunkDecoder(model, 1, 0)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wrong_shapes_are_rejected_with_their_shape_and_leave_the_stream_usable(bool perTimestep)
    {
        using var model = Make(dac: true, perTimestep);
        using var scope = NewDisposeScope();
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        var audio = randn(1, 2, 200);
        var codes = model.Encode(audio).Codes;
        void Refused(Action action, string said) => Assert.Contains(said, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
        var first = decoder.Push(codes);
        Refused(() => encoder.Push(zeros(1, 1, 10)), "[1, 1, 10]");
        Refused(() => encoder.Push(zeros([1, 2, 10], ScalarType.Float64)), "Float64");
        Refused(() => decoder.Push(zeros(perTimestep ? [1, 3, 3] : [1, 3, 2], ScalarType.Int64)), perTimestep ? "[1, 3, 3]" : "[1, 3, 2]");
        Refused(() => decoder.Push(full(codes.shape, 32, ScalarType.Int64)), "32");
        Refused(() => decoder.Push(cat([codes, codes], 0)), "the stream began with 1 item");
        Assert.ThrowsAny<ArgumentException>(() => decoder.Push(zeros([1, 8, 2], ScalarType.Int64)));
        Assert.Throws<ArgumentNullException>(() => decoder.Push(null!));
        Near.Equal(model.Decode(codes), cat([.. new[] { first, decoder.Flush() }.OfType<Tensor>()], 2), Tolerance);
        LiveTensors.NoneLeft(() =>
        {
            using var again = model.CreateStreamingEncoder();
            again.Push(audio)?.Dispose();
            again.Flush()?.Dispose();
        });
    }

    private static InterleaveStereoCompressionModel Make(bool dac, bool perTimestep) =>
        new(dac ? DacStreamingTests.Make([3, 4]) : GoldenEncodec.Load("interleave_stereo"), perTimestep);
}
