using AudioCraft.Compression.EntropyCoding;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Compression.EntropyCoding;

/// <summary>encodec's language model against the genuine implementation: tests/golden/encodec_original_24k.</summary>
public class EncodecLanguageModelTests
{
    private const string Case = "encodec_original_24k";

    [Fact]
    public void All_steps_at_once_give_the_recorded_probabilities()
    {
        using var model = OriginalEncodecFixture.LoadLanguageModel();
        using var io = Golden.Tensors(Case);
        using var scope = NewDisposeScope();
        using var state = model.NewState();
        Near.Equal(io.Read("lm/probs"), model.forward(io.Read("lm/indices"), state), 1e-6);
        Assert.Equal(io.Read("lm/offset").item<long>(), state.Offset);
        for (var i = 0; i < model.Config.Layers; i++)
        {
            Near.Equal(io.Read($"lm/final_state{i}"), state.PastOf(i)!, 1e-6);
        }
    }

    [Fact]
    public void Steps_one_by_one_give_the_recorded_probabilities_beyond_the_context_too()
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
    public void A_file_gives_the_sizes_and_the_codec_the_context()
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
    public void Indices_that_do_not_fit_are_refused()
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
    public void Probabilities_of_the_released_shape_are_the_same_bits_with_one_thread_and_with_two()
    {
        using var model = new EncodecLanguageModel(new() { PastContext = 30 });
        var threads = get_num_threads();
        try
        {
            var runs = new List<float[]>();
            foreach (var count in new[] { 1, 2, 1 })
            {
                set_num_threads(count);
                var random = new Random(3);
                using var state = model.NewState();
                var run = new List<float>();
                for (var step = 0; step < 40; step++)
                {
                    using var scope = NewDisposeScope();
                    var indices = tensor([.. Enumerable.Range(0, 8).Select(_ => (long)random.Next(1025))], [1, 8, 1]);
                    run.AddRange(model.forward(indices, state).reshape(-1).data<float>().ToArray());
                }

                runs.Add([.. run]);
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
    public void A_stream_leaves_nothing_alive_when_its_state_is_disposed()
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
