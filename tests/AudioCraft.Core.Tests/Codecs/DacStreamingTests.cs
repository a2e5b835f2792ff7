using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Streaming DAC compared with recorded results of the original code, and with unstreamed results for shapes that no released model has.</summary>
[Collection(ProcessWideState.Name)]
public class DacStreamingTests
{
    private const double Tolerance = 1e-5;

    /// <summary>Rates of the encoder. The decoder has them in reverse order.</summary>
    public static TheoryData<int[]> Rates => new(
        [2, 4, 8],
        [2, 4, 5, 8],
        [3, 7],
        [5],
        [13],
        [6],
        [2, 3],
        [1, 3]);

    [Theory]
    [InlineData("dac_tiny")]
    [InlineData("dac_tiny_latent")]
    public void Streamed_codes_and_audio_match_the_recorded_ones(string name)
    {
        using var model = GoldenDac.Load(name);
        using var io = Golden.Tensors(name);
        foreach (var run in GoldenDac.Runs(io))
        {
            foreach (var n in GoldenDac.CodebookCounts(io, run))
            {
                using var scope = NewDisposeScope();
                model.SetNumCodebooks(n);
                var audio = io.Read($"{run}/x");
                var codes = io.Read($"{run}/n{n}/codes");
                foreach (var sizes in new int[][] { [7], [model.HopLength], [1, 250, 3], [1 << 20] })
                {
                    Exactly.Equal(codes, StreamChunks.Encode(model, audio, sizes));
                }

                foreach (var sizes in new int[][] { [1], [2, 1], [5], [1 << 20] })
                {
                    Near.Equal(io.Read($"{run}/n{n}/decoded_from_codes"), StreamChunks.Decode(model, codes, sizes), Tolerance);
                }
            }
        }
    }

    [Theory]
    [InlineData("dac_tiny")]
    [InlineData("dac_tiny_latent")]
    public void Streaming_one_sample_at_a_time_matches_the_recorded_codes(string name)
    {
        using var model = GoldenDac.Load(name);
        using var io = Golden.Tensors(name);
        using var scope = NewDisposeScope();
        var run = GoldenDac.Runs(io).MinBy(r => Math.Abs(io.Tensors[$"{r}/x"].Shape[2] - 600))!;
        Exactly.Equal(io.Read($"{run}/n{model.TotalCodebooks}/codes"), StreamChunks.Encode(model, io.Read($"{run}/x"), 1));
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void Streamed_latents_codes_and_audio_match_unstreamed_at_every_length(int[] rates)
    {
        using var model = Make(rates);
        var hop = model.HopLength;
        foreach (var length in new[] { 1, 2, hop - 1, hop, hop + 1, (2 * hop) + 3, 97, 301, 10 * hop }.Where(n => n > 0).Distinct())
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var audio = randn(2, 1, length);
            var original = audio.clone();
            var codes = model.Encode(audio).Codes;
            foreach (var sizes in new int[][] { [1, 2], [5, 1, 11], [hop], [1 << 20] })
            {
                Exactly.Equal(codes, StreamChunks.Encode(model, audio, sizes));
                if (length >= hop)
                {
                    // The layers alone, also with a length that is not a multiple of the hop.
                    using var encoder = ((DacEncoder)model.Encoder).OpenStream();
                    Near.Equal(model.Encoder.forward(audio), StreamChunks.Run(audio, sizes, chunk => encoder.Push(chunk, false), () => encoder.Push(null, true))!, Tolerance);
                    using var atOnce = ((DacEncoder)model.Encoder).OpenStream();
                    Near.Equal(model.Encoder.forward(audio), atOnce.Push(audio, true)!, Tolerance);
                }
            }

            Exactly.Equal(original, audio);
            var decoded = model.Decode(codes);
            Assert.Equal(codes.size(2) * hop, decoded.size(2));
            foreach (var sizes in new int[][] { [1], [3, 1], [1 << 20] })
            {
                Near.Equal(decoded, StreamChunks.Decode(model, codes, sizes), Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void Frame_is_returned_exactly_at_the_stated_latency(int[] rates)
    {
        using var model = Make(rates);
        using var scope = NewDisposeScope();
        using var encoder = model.CreateStreamingEncoder();
        var hop = model.HopLength;
        Assert.Equal(encoder.LatencySamples, encoder.StartupSamples); // no reflection padding
        var audio = randn(1, 1, encoder.LatencySamples + (3 * hop));
        var pushed = 0;
        var frames = 0L;
        foreach (var sample in StreamChunks.Cut(audio, 1))
        {
            pushed++;
            frames += encoder.Push(sample)?.size(2) ?? 0;
            Assert.Equal(pushed < encoder.LatencySamples ? 0 : ((pushed - encoder.LatencySamples) / hop) + 1, frames);
        }

        using var decoder = model.CreateStreamingDecoder();
        pushed = 0;
        var samples = 0L;
        var codes = randint(0, 32, [1, 3, decoder.StartupFrames + decoder.LookAheadFrames + 6], ScalarType.Int64);
        foreach (var frame in StreamChunks.Cut(codes, 1))
        {
            pushed++;
            samples += decoder.Push(frame)?.size(2) ?? 0;
            Assert.Equal(pushed >= decoder.StartupFrames, samples > 0);
            var complete = Math.Max(0, pushed - decoder.LookAheadFrames);
            Assert.InRange(samples, complete * hop, Math.Max(0, ((complete + 1) * hop) - 1));
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void Latency_equals_the_receptive_field(int[] rates)
    {
        // NaN propagates over the receptive field.
        using var model = Make(rates);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        const int Frame = 3;
        var hop = model.HopLength;
        bool Reaches(int later)
        {
            var audio = randn(1, 1, hop * ((encoder.LatencySamples / hop) + Frame + 4));
            audio.narrow(2, (Frame * hop) + later, 1).fill_(float.NaN);
            return model.Encoder.forward(audio).select(2, Frame).isnan().any().item<bool>();
        }

        Assert.True(Reaches(encoder.LatencySamples - 1));
        Assert.False(Reaches(encoder.LatencySamples));

        bool Heard(int later)
        {
            var latent = randn(1, model.Quantizer.Dimension, Frame + decoder.LookAheadFrames + 4);
            latent.narrow(2, Frame + later, 1).fill_(float.NaN);
            return model.Decoder.forward(latent).narrow(2, Frame * hop, hop).isnan().any().item<bool>();
        }

        Assert.True(Heard(decoder.LookAheadFrames));
        Assert.False(Heard(decoder.LookAheadFrames + 1));
    }

    [Fact]
    public void Batch_matches_its_items_alone()
    {
        using var model = GoldenDac.Load("dac_tiny");
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        var batch = randn(5, 1, (9 * model.HopLength) + 7) * 0.2f;
        var codes = StreamChunks.Encode(model, batch, 150, 1);
        var audio = StreamChunks.Decode(model, codes, 2, 1);
        for (var item = 0L; item < batch.size(0); item++)
        {
            var alone = StreamChunks.Encode(model, batch.narrow(0, item, 1), 150, 1);
            Exactly.Equal(codes.narrow(0, item, 1), alone);
            Near.Equal(audio.narrow(0, item, 1), StreamChunks.Decode(model, alone, 2, 1), Tolerance);
        }
    }

    [Fact]
    public void Streams_process_chunks_of_any_size_lazily()
    {
        using var model = Make([3, 7], sampleRate: 500);
        using var scope = NewDisposeScope();
        var audio = randn(1, 1, 1211);
        var codes = model.Encode(audio).Codes;
        var chained = model.DecodeStream(model.EncodeStream(StreamChunks.Cut(audio, 170)), disposePieces: true);
        Near.Equal(model.Decode(codes), cat(chained.ToList(), 2), Tolerance);
        Exactly.Equal(codes, cat(model.EncodeStream([audio]).ToList(), 2));
        Assert.All(model.DecodeStream([codes]), chunk => Assert.InRange(chunk.size(2), 1, 2 * model.SampleRate));
        Assert.Empty(model.EncodeStream([]));
        Assert.Empty(model.DecodeStream([]));
    }

    [Fact]
    public void State_of_a_stream_does_not_grow_and_is_released()
    {
        using var model = Make([3, 5]);
        using var audio = randn(2, 1, 2 * model.HopLength);
        LiveTensors.NoneLeft(() =>
        {
            using var encoder = model.CreateStreamingEncoder();
            using var decoder = model.CreateStreamingDecoder();
            void Push(int times)
            {
                for (var i = 0; i < times; i++)
                {
                    using var codes = encoder.Push(audio);
                    using var made = codes is null ? null : decoder.Push(codes);
                }
            }

            Push(40);
            LiveTensors.NoneLeft(() => Push(60));
        });
        LiveTensors.NoneLeft(() =>
        {
            foreach (var chunk in model.DecodeStream(model.EncodeStream(StreamChunks.Cut(audio, 11), disposePieces: true), disposePieces: true))
            {
                chunk.Dispose();
            }
        });
    }

    [Fact]
    public void Misuse_of_a_stream_is_rejected_and_leaves_it_usable()
    {
        using var model = GoldenDac.Load("dac_tiny");
        using var scope = NewDisposeScope();
        var audio = randn(1, 1, 1000) * 0.2f;
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        var chunks = new List<Tensor?> { encoder.Push(audio.narrow(2, 0, 700)) };
        void Refused(Action action, string said) => Assert.Contains(said, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);

        Refused(() => encoder.Push(zeros(2, 1, 10)), "[2, 1, 10]");
        Refused(() => encoder.Push(zeros(1, 2, 10)), "[1, 2, 10]");
        Refused(() => encoder.Push(zeros(1, 1, 0)), "[1, 1, 0]");
        Refused(() => encoder.Push(zeros([1, 1, 10], ScalarType.Float64)), "Float64");
        Assert.Throws<ArgumentNullException>(() => encoder.Push(null!));
        chunks.Add(encoder.Push(audio.narrow(2, 700, 300)));
        chunks.Add(encoder.Flush());
        var codes = cat([.. chunks.OfType<Tensor>()], 2);
        Exactly.Equal(model.Encode(audio).Codes, codes);
        Assert.Contains("ended", Assert.Throws<InvalidOperationException>(() => encoder.Push(audio)).Message, StringComparison.Ordinal);

        decoder.Push(codes);
        Refused(() => decoder.Push(zeros([2, 6, 3], ScalarType.Int64)), "[2, 6, 3]");
        Refused(() => decoder.Push(zeros([1, 7, 3], ScalarType.Int64)), "[1, 7, 3]");
        Refused(() => decoder.Push(zeros(1, 6, 3)), "Float32");
        Refused(() => decoder.Push(full([1, 6, 3], 64, ScalarType.Int64)), "64");
        decoder.Flush()!.Dispose();
        Assert.Throws<InvalidOperationException>(() => decoder.Flush());
        decoder.Dispose();
        Assert.Throws<ObjectDisposedException>(() => decoder.Push(codes));
        using var unused = model.CreateStreamingEncoder();
        Assert.Null(unused.Flush());
    }

    internal static DacModel Make(int[] rates, int sampleRate = 16000)
    {
        random.manual_seed(9);
        var model = new DacModel(new()
        {
            SampleRate = sampleRate,
            EncoderDimension = 4,
            EncoderRates = rates,
            DecoderDimension = 32,
            DecoderRates = [.. rates.AsEnumerable().Reverse()],
            NumCodebooks = 3,
            Cardinality = 32,
            CodebookDimensions = [4],
        });
        model.eval();
        return model;
    }
}
