using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AudioCraft.Formats;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs.EntropyCoding;

/// <summary>EnCodec's language model compared with upstream's results in tests/golden/encodec_original_24k.</summary>
[Collection(ProcessWideState.Name)]
public class EncodecLanguageModelTests
{
    private const string Case = "encodec_original_24k";

    [Fact]
    public void Sequence_probabilities_match_upstream()
    {
        using var model = OriginalEncodecFixture.LoadLanguageModel();
        using var io = Golden.Tensors(Case);
        using var scope = NewDisposeScope();
        using var state = model.NewState();
        Near.Equal(io.Read("lm/probs"), model.forward(io.Read("lm/indices"), state), 1e-6);
        Assert.Equal(io.Read("lm/offset").item<long>(), state.Offset);
        for (var i = 0; i < model.Config.Layers; i++)
        {
            // Upstream's state is a layer's inputs [B, H, D]; ours is their keys and values.
            var inputs = io.Read($"lm/final_state{i}");
            var weight = model.state_dict()[$"transformer.layers.{i}.self_attn.in_proj_weight"].chunk(3, 0);
            var bias = model.state_dict()[$"transformer.layers.{i}.self_attn.in_proj_bias"].chunk(3, 0);
            for (var item = 0; item < inputs.size(0); item++)
            {
                var (keys, values) = state.Streams((int)inputs.size(0))[item].Seen(i);
                Near.Equal(nn.functional.linear(inputs[item], weight[1], bias[1]), tensor(keys), 1e-6);
                Near.Equal(nn.functional.linear(inputs[item], weight[2], bias[2]), tensor(values), 1e-6);
            }
        }
    }

    [Fact]
    public void Step_probabilities_match_upstream_beyond_the_context()
    {
        using var model = OriginalEncodecFixture.LoadLanguageModel();
        using var io = Golden.Tensors(Case);
        using var scope = NewDisposeScope();
        using var state = model.NewState();
        var indices = io.Read("lm/indices");
        Assert.True(indices.size(2) > model.Config.PastContext);
        var steps = Enumerable.Range(0, (int)indices.size(2)).Select(t => model.forward(indices.narrow(2, t, 1), state)).ToArray();
        Near.Equal(io.Read("lm/probs_streaming"), cat(steps, 3), 1e-6);
    }

    [Fact]
    public void Loaded_model_has_the_sizes_of_the_file_and_the_context_of_the_codec()
    {
        using var codec = OriginalEncodecFixture.Load(Case);
        var path = Golden.File(Case, "lm_weights.safetensors");
        using var model = EncodecLanguageModel.GetPretrained(path, codec, heads: 2);
        Assert.Equal(
            new EncodecLanguageModelConfig { Codebooks = 8, Cardinality = 64, Dimension = 16, Layers = 2, Heads = 2, HiddenDimension = 64, PastContext = 262 }, model.Config);
        Assert.Throws<ArgumentOutOfRangeException>(() => EncodecLanguageModel.GetPretrained(path, codec, heads: 3));

        using var other = OriginalEncodecFixture.Load("encodec_original_48k");
        Assert.Contains("8 codebooks of 64", Assert.Throws<CheckpointException>(() => EncodecLanguageModel.GetPretrained(path, other)).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => EncodecLanguageModel.GetPretrained(Golden.File(Case, "weights.safetensors"), codec));
        using var folder = new TemporaryFolder();
        Assert.Throws<CheckpointException>(() => EncodecLanguageModel.GetPretrained(folder.File("none.th"), codec));
    }

    [Fact]
    public void Indices_out_of_range_throw()
    {
        using var model = OriginalEncodecFixture.LoadLanguageModel();
        using var state = model.NewState();
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => model.forward(zeros(1, 9, 1, dtype: ScalarType.Int64), state));
        Assert.Throws<ArgumentException>(() => model.forward(full([1, 8, 1], 65, ScalarType.Int64), state));
        Assert.Throws<ArgumentException>(() => model.forward(zeros(1, 8, 1), state));
        model.forward(zeros(1, 8, 1, dtype: ScalarType.Int64), state);
        Assert.Throws<ArgumentException>(() => model.forward(zeros(2, 8, 1, dtype: ScalarType.Int64), state));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EncodecLanguageModel(new() { Dimension = 15 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EncodecLanguageModel(new() { Heads = 7 }));
    }

    [Fact]
    public void Probabilities_are_bit_identical_with_one_and_two_threads()
    {
        using var model = new EncodecLanguageModel(new() { PastContext = 30 });
        var threads = get_num_threads();
        try
        {
            var runs = new List<float[]>();
            foreach (var count in new[] { 1, 2, 1 })
            {
                set_num_threads(count);
                runs.Add(Run(model, steps: 40));
            }

            Assert.Equal(runs[0], runs[2]);
            Assert.Equal(runs[0], runs[1]);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Sequence_and_steps_are_bit_identical_in_any_batch()
    {
        using var model = Fixed(new() { Codebooks = 3, Cardinality = 13, Dimension = 20, Layers = 2, Heads = 4, HiddenDimension = 37, PastContext = 9 });
        using var scope = NewDisposeScope();
        var indices = IndicesOf(model, 3, steps: 300);
        var both = cat([zeros_like(indices), indices], 0);
        using var state = model.NewState();
        var whole = model.forward(both, state)[1];
        Assert.Equal(300, state.Offset);
        Exactly.Equal(whole.permute(2, 1, 0).contiguous().reshape(-1), tensor(Run(model, 300)));
    }

    /// <summary>
    /// The bits are part of the .ecdc format. If this test fails on one machine only, <see cref="PortableMath"/> is not portable to it. If it fails after a change
    /// of the code, files of earlier versions can no longer be read.
    /// </summary>
    [Theory]
    [InlineData(3, 13, 20, 2, 4, 37, 9, 300, "98e15a21622e142cc9c927e13bda48193df04551")] // no size is a multiple of 8, the number of partial sums
    [InlineData(4, 64, 200, 2, 8, 400, 50, 200, "511dc11c7da95c506408e37d40a575ffe8ff2833")] // head size 25, as in the released models
    public void Probabilities_of_fixed_weights_match_the_recorded_bits(
        int codebooks, int cardinality, int dimension, int layers, int heads, int hidden, int context, int steps, string hash)
    {
        using var model = Fixed(new()
        {
            Codebooks = codebooks, Cardinality = cardinality, Dimension = dimension, Layers = layers, Heads = heads, HiddenDimension = hidden, PastContext = context,
        });
        var probabilities = Run(model, steps);
        for (var i = 0; i < probabilities.Length; i += cardinality)
        {
            Assert.Equal(1, probabilities.AsSpan(i, cardinality).ToArray().Sum(), 1e-5f);
        }

        Assert.Equal(hash, HashOf(MemoryMarshal.AsBytes<float>(probabilities)));
    }

    [Fact]
    public void Codes_of_a_fixed_model_match_the_recorded_bytes_and_round_trip()
    {
        using var model = Fixed(new() { Codebooks = 4, Cardinality = 64, Dimension = 200, Layers = 2, Heads = 8, HiddenDimension = 400, PastContext = 50 });
        var codes = Numbers(1).Take(4 * 150).Select(n => (long)(n >> 58)).ToArray();
        using var stream = new MemoryStream();
        using (var writer = new PredictedCodeWriter(stream, 4, model, _ => { }))
        {
            writer.Write(codes);
            writer.Finish();
        }

        Assert.Equal("dbe430043245e9cedd4a5b9c87b89c3e11413fd0", HashOf(stream.ToArray()));
        stream.Position = 0;
        using var reader = new PredictedCodeReader(new ByteSource(stream, "the stream"), 150, 4, model, _ => { });
        Assert.Equal(codes, reader.Read(150));
        reader.Finish();
    }

    [Fact]
    public void Weights_of_other_types_are_converted_to_float32()
    {
        using var model = Fixed(new() { Codebooks = 2, Cardinality = 8, Dimension = 12, Layers = 1, Heads = 3, HiddenDimension = 5, PastContext = 4 });
        var expected = Run(model, 6);
        model.to(ScalarType.Float64);
        Assert.Equal(expected, Run(model, 6));
    }

    [Fact]
    public void State_of_another_model_and_disposed_state_throw()
    {
        using var scope = NewDisposeScope();
        var config = new EncodecLanguageModelConfig { Codebooks = 2, Cardinality = 8, Dimension = 12, Layers = 1, Heads = 3, HiddenDimension = 5, PastContext = 4 };
        var model = Fixed(config);
        using var other = Fixed(config);
        var indices = IndicesOf(model, 2, steps: 5);
        var expected = model.forward(indices, model.NewState());
        using var state = model.NewState();
        Assert.Throws<ArgumentException>(() => other.forward(indices, state));
        Exactly.Equal(expected, model.forward(indices, state));
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.forward(indices, state));
    }

    private static float[] Run(EncodecLanguageModel model, int steps)
    {
        var codebooks = Math.Min(8, model.Config.Codebooks);
        using var scope = NewDisposeScope();
        using var state = model.NewState();
        var indices = IndicesOf(model, codebooks, steps);
        var run = new List<float>();
        for (var step = 0; step < steps; step++)
        {
            run.AddRange(model.forward(indices.narrow(2, step, 1), state).squeeze(3).transpose(1, 2).contiguous().data<float>().ToArray());
        }

        return [.. run];
    }

    private static Tensor IndicesOf(EncodecLanguageModel model, int codebooks, int steps) =>
        tensor([.. Numbers(3).Take(codebooks * steps).Select(n => (long)((n >> 33) % (ulong)(model.Config.Cardinality + 1)))], [1, codebooks, steps]);

    /// <summary>A model whose weights are the same on every machine, with about the scale of an initialization.</summary>
    private static EncodecLanguageModel Fixed(EncodecLanguageModelConfig config)
    {
        var model = new EncodecLanguageModel(config);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var seed = 10UL;
        foreach (var (name, parameter) in model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal))
        {
            var scale = name.StartsWith("emb", StringComparison.Ordinal) || parameter.dim() == 1 ? 1 : 1.5f / MathF.Sqrt(parameter.size(1));
            float[] values = [.. Numbers(seed++).Take((int)parameter.numel()).Select(n => scale * (((n >> 40) / (float)(1 << 23)) - 1))];
            parameter.copy_(tensor(values, parameter.shape));
        }

        return model;
    }

    /// <summary>Random numbers of Knuth's linear congruential generator (MMIX).</summary>
    private static IEnumerable<ulong> Numbers(ulong seed)
    {
        for (var n = seed; ;)
        {
            n = (n * 6364136223846793005) + 1442695040888963407;
            yield return n;
        }
    }

    private static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..40];

    [Fact]
    public void Disposed_state_leaks_no_tensors()
    {
        using var model = OriginalEncodecFixture.LoadLanguageModel();
        using var indices = ones(1, 8, 1, dtype: ScalarType.Int64);
        LiveTensors.NoneLeft(() =>
        {
            using var state = model.NewState();
            for (var t = 0; t < 12; t++)
            {
                model.forward(indices, state).Dispose();
            }
        });
    }
}
