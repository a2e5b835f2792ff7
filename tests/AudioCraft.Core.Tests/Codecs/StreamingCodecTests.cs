using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class StreamingCodecTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public StreamingCodecTests() => manual_seed(20261127);

    private const string Causal = "encodec_causal_24k_tiny";
    private const string NonCausal = "encodec_noncausal_16k_audiogen_tiny";

    [Theory]
    [InlineData(Causal)]
    [InlineData(NonCausal)]
    public void Batch_matches_its_items_alone(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var scope = NewDisposeScope();
        var batch = randn(10, 1, (9 * model.HopLength) + 7);
        var codes = StreamChunks.Encode(model, batch, 500, 1);
        var audio = StreamChunks.Decode(model, codes, 2, 1);
        for (var item = 0L; item < batch.size(0); item++)
        {
            var alone = StreamChunks.Encode(model, batch.narrow(0, item, 1), 500, 1);
            Exactly.Equal(codes.narrow(0, item, 1), alone);
            Near.Equal(audio.narrow(0, item, 1), StreamChunks.Decode(model, alone, 2, 1), 1e-5);
        }
    }

    [Theory]
    [InlineData(Causal)]
    [InlineData(NonCausal)]
    public void Streams_of_one_model_are_independent(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var scope = NewDisposeScope();
        Tensor[] sounds = [randn(1, 1, 3000), randn(1, 1, 3000)];
        StreamingEncoder[] encoders = [model.CreateStreamingEncoder(), model.CreateStreamingEncoder()];
        List<Tensor>[] codes = [[], []];
        foreach (var (first, second) in StreamChunks.Cut(sounds[0], 700).Zip(StreamChunks.Cut(sounds[1], 700)))
        {
            codes[0].AddRange(Some(encoders[0].Push(first)));
            codes[1].AddRange(Some(encoders[1].Push(second)));
            model.Encode(first).Codes.Dispose();
        }

        for (var i = 0; i < 2; i++)
        {
            codes[i].AddRange(Some(encoders[i].Flush()));
            Exactly.Equal(model.Encode(sounds[i]).Codes, cat(codes[i], 2));
            encoders[i].Dispose();
        }
    }

    [Theory]
    [InlineData(Causal)]
    [InlineData(NonCausal)]
    public void State_of_a_stream_survives_the_callers_dispose_scopes_and_is_released_with_it(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var audio = randn(2, 1, 5000);
        using var expected = model.Encode(audio).Codes;
        LiveTensors.NoneLeft(() =>
        {
            using var outer = NewDisposeScope();
            var chunks = new List<Tensor>();
            using (var encoder = model.CreateStreamingEncoder())
            using (var decoder = model.CreateStreamingDecoder())
            {
                foreach (var chunk in StreamChunks.Cut(audio, 480))
                {
                    using var scope = NewDisposeScope();
                    if (encoder.Push(chunk) is { } codes)
                    {
                        decoder.Push(codes);
                        chunks.Add(codes.MoveToOuterDisposeScope());
                    }
                }

                chunks.AddRange(Some(encoder.Flush()));
            }

            Exactly.Equal(expected, cat(chunks, 2));
        });
        LiveTensors.Left(1, () =>
        {
            using var encoder = model.CreateStreamingEncoder();
            var codes = encoder.Push(audio);
            Assert.NotNull(codes);
            Assert.False(codes.requires_grad);
        });
    }

    [Fact]
    public void State_of_a_stream_does_not_grow()
    {
        using var model = GoldenEncodec.Load(NonCausal);
        using var encoder = model.CreateStreamingEncoder();
        using var chunk = randn(1, 1, 1000);
        void Push(int times)
        {
            for (var i = 0; i < times; i++)
            {
                encoder.Push(chunk)?.Dispose();
            }
        }

        Push(20);
        LiveTensors.NoneLeft(() => Push(8)); // 8000 samples are whole frames, so the state is the same as before
    }

    [Theory]
    [InlineData(Causal)]
    [InlineData(NonCausal)]
    public void Streams_process_chunks_of_any_size_lazily(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var scope = NewDisposeScope();
        var audio = randn(1, 1, (model.SampleRate * 5 / 2) + 11);
        var codes = model.Encode(audio).Codes;
        var decoded = model.Decode(codes);
        var asked = 0;
        IEnumerable<Tensor> Counted(IEnumerable<Tensor> chunks)
        {
            foreach (var chunk in chunks)
            {
                asked++;
                yield return chunk;
            }
        }

        // Chained encoding and decoding compute only what is enumerated.
        var chained = model.DecodeStream(model.EncodeStream(Counted(StreamChunks.Cut(audio, 1000))), disposePieces: true);
        Assert.Equal(0, asked);
        using (var first = chained.GetEnumerator())
        {
            Assert.True(first.MoveNext());
            Assert.InRange(asked, 1, 10);
        }

        Near.Equal(decoded, cat(chained.ToList(), 2), 1e-5);
        Exactly.Equal(codes, cat(model.EncodeStream([audio]).ToList(), 2));
        Assert.All(model.DecodeStream([codes]), chunk => Assert.InRange(chunk.size(2), 1, 2 * model.SampleRate));
        Assert.Empty(model.EncodeStream([]));
        Assert.Empty(model.DecodeStream([]));
    }

    [Fact]
    public void Streamed_encoding_and_decoding_leave_only_the_audio_alive()
    {
        using var model = GoldenEncodec.Load(NonCausal);
        using var audio = randn(1, 1, 2 * model.SampleRate);
        LiveTensors.NoneLeft(() =>
        {
            foreach (var chunk in model.DecodeStream(model.EncodeStream(StreamChunks.Cut(audio, 9000), disposePieces: true), disposePieces: true))
            {
                chunk.Dispose();
            }

            // An enumeration that is not completed.
            model.DecodeStream(model.EncodeStream([audio]), disposePieces: true).First().Dispose();
        });
    }

    [Fact]
    public void Stream_without_input_returns_nothing()
    {
        using var model = GoldenEncodec.Load(NonCausal);
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        Assert.Null(encoder.Flush());
        Assert.Null(decoder.Flush());
    }

    [Fact]
    public void Stream_that_has_ended_rejects_input()
    {
        using var model = GoldenEncodec.Load(Causal);
        using var audio = zeros(1, 1, 400);
        using var codes = zeros([1, 8, 2], ScalarType.Int64);
        var encoder = model.CreateStreamingEncoder();
        var decoder = model.CreateStreamingDecoder();
        encoder.Push(audio)?.Dispose();
        encoder.Flush()!.Dispose();
        decoder.Push(codes)?.Dispose();
        decoder.Flush()!.Dispose();
        Assert.Contains("ended", Assert.Throws<InvalidOperationException>(() => encoder.Push(audio)).Message, StringComparison.Ordinal);
        Assert.Contains("ended", Assert.Throws<InvalidOperationException>(() => decoder.Push(codes)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => encoder.Flush());
        Assert.Throws<InvalidOperationException>(() => decoder.Flush());
        encoder.Dispose();
        decoder.Dispose();
        encoder.Dispose();
        Assert.Throws<ObjectDisposedException>(() => encoder.Push(audio));
        Assert.Throws<ObjectDisposedException>(() => decoder.Flush());
    }

    [Fact]
    public void Wrong_shapes_and_types_are_rejected_with_their_shape_and_leave_the_stream_usable()
    {
        using var model = GoldenEncodec.Load(Causal);
        using var scope = NewDisposeScope();
        var audio = randn(1, 1, 3000);
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        var first = encoder.Push(audio.narrow(2, 0, 2500));
        void Refused(Action action, string said) => Assert.Contains(said, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);

        Refused(() => encoder.Push(zeros(2, 1, 10)), "[2, 1, 10]");
        Refused(() => encoder.Push(zeros(1, 2, 10)), "[1, 2, 10]");
        Refused(() => encoder.Push(zeros(1, 1, 0)), "[1, 1, 0]");
        Refused(() => encoder.Push(zeros(10)), "[10]");
        Refused(() => encoder.Push(zeros([1, 1, 10], ScalarType.Float64)), "Float64");
        Assert.Throws<ArgumentNullException>(() => encoder.Push(null!));
        var codes = cat([first!, encoder.Push(audio.narrow(2, 2500, 500))!, .. Some(encoder.Flush())], 2);
        Exactly.Equal(model.Encode(audio).Codes, codes);

        decoder.Push(codes);
        Refused(() => decoder.Push(zeros([2, 8, 3], ScalarType.Int64)), "[2, 8, 3]");
        Refused(() => decoder.Push(zeros([1, 9, 3], ScalarType.Int64)), "[1, 9, 3]");
        Refused(() => decoder.Push(zeros(1, 8, 3)), "Float32");
        Refused(() => decoder.Push(full([1, 8, 3], 64, ScalarType.Int64)), "64");
        Refused(() => _ = model.EncodeStream([zeros(4)]).ToList(), "[4]");
        Refused(() => _ = model.DecodeStream([zeros(4)]).ToList(), "[4]");
        Assert.Throws<ArgumentNullException>(() => model.EncodeStream(null!));
        Assert.Throws<ArgumentNullException>(() => model.EncodeStream([null!]).ToList());
    }

    [Theory]
    [InlineData("encodec_noncausal_stereo_renorm_tgn", "renormalizes")]
    [InlineData("encodec_noncausal_renorm_wn", "renormalizes")]
    public void Models_that_need_the_whole_audio_are_rejected_with_the_reason(string name, string said)
    {
        using var model = GoldenEncodec.Load(name);
        Refused(model, said);
    }

    [Fact]
    public void Model_with_TimeGroupNorm_is_rejected_by_name()
    {
        using var model = new EncodecModel(new()
        {
            Encoder = new() { Filters = 2, Dimension = 4, Ratios = [2], Norm = ConvNorm.TimeGroupNorm, DisableNormOuterBlocks = 2 },
            Quantizer = new() { Cardinality = 4 },
        });
        Refused(model, nameof(ConvNorm.TimeGroupNorm));
    }

    [Fact]
    public void Number_of_codebooks_may_change_during_a_stream()
    {
        using var model = GoldenEncodec.Load(Causal);
        using var scope = NewDisposeScope();
        var audio = randn(1, 1, 20 * model.HopLength);
        var whole = model.Encode(audio).Codes;
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        var all = encoder.Push(audio.narrow(2, 0, 10 * model.HopLength))!;
        model.SetNumCodebooks(2);
        var fewer = encoder.Push(audio.narrow(2, 10 * model.HopLength, 10 * model.HopLength))!;
        Exactly.Equal(whole.narrow(2, 0, all.size(2)), all);
        Exactly.Equal(whole.narrow(1, 0, 2).narrow(2, all.size(2), fewer.size(2)), fewer);
        var samples = new[] { decoder.Push(all), decoder.Push(fewer), decoder.Flush() }.Sum(t => t?.size(2) ?? 0);
        Assert.Equal(20 * model.HopLength, samples);
    }

    private static void Refused(EncodecModel model, string said)
    {
        foreach (var action in new Action[]
        {
            () => model.CreateStreamingEncoder(),
            () => model.CreateStreamingDecoder(),
            () => model.EncodeStream([]),
            () => model.DecodeStream([]),
        })
        {
            Assert.Contains(said, Assert.Throws<NotSupportedException>(action).Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<Tensor> Some(Tensor? tensor) => tensor is null ? [] : [tensor];
}
