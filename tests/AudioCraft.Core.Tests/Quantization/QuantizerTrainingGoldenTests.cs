using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Quantization;

/// <summary>Training of codebooks compared with upstream's results in tests/golden/rvq_*.</summary>
[Collection(ProcessWideState.Name)]
public class QuantizerTrainingGoldenTests
{
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData("rvq_train")]
    [InlineData("rvq_train_orthogonal")]
    [InlineData("rvq_train_orthogonal_active")]
    [InlineData("rvq_train_qdropout")]
    public void Training_steps_match_the_recorded_outputs_gradients_and_buffers(string name)
    {
        using var json = Golden.Config(name);
        using var quantizer = Load(name, json.RootElement);
        using var io = Golden.Tensors(name);
        var frameRate = json.RootElement.GetProperty("frame_rate").GetDouble();
        var seed = json.RootElement.GetProperty("torch_manual_seed_before_step0");
        using var generator = seed.ValueKind == JsonValueKind.Number ? new Generator(seed.GetUInt64()) : null;
        quantizer.Generator = generator;
        var steps = json.RootElement.GetProperty("steps").GetInt32();
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var x = io.Read($"step{step}/x").requires_grad_();
            using var result = quantizer.forward(x, frameRate);
            Assert.Equal(io.Read($"step{step}/n_q_used").item<long>(), result.Codes.size(1));
            var loss = (result.X * io.Read($"step{step}/grad_out")).sum() + (io.Read($"step{step}/grad_penalty_weight") * result.Penalty!);
            loss.backward();
            Check(io, $"step{step}", result);
            Near.Equal(io.Read($"step{step}/grad_x"), x.grad!, Tolerance);
            CheckBuffers(io, $"step{step}", quantizer);
        }

        quantizer.eval();
        using (NewDisposeScope())
        {
            var x = io.Read("eval/x");
            using var result = quantizer.forward(x, frameRate);
            Check(io, "eval", result);
            Exactly.Equal(io.Read("eval/encode"), quantizer.Encode(x));
            Near.Equal(io.Read("eval/decode"), quantizer.Decode(result.Codes), Tolerance);
        }
    }

    [Fact]
    public void KMeans_and_dead_codes_as_upstream_match_the_recorded_buffers()
    {
        const string name = "rvq_kmeans_deadcodes";
        using var json = Golden.Config(name);
        var draws = new RecordedSampler();
        using var quantizer = Load(name, json.RootElement, draws);
        using var io = Golden.Tensors(name);
        var perStep = json.RootElement.GetProperty("draws_per_step").EnumerateArray().Select(n => n.GetInt32()).ToList();
        for (var step = 0; step < perStep.Count; step++)
        {
            using var scope = NewDisposeScope();
            for (var draw = 0; draw < perStep[step]; draw++)
            {
                draws.Add(io.Read($"step{step}/draw{draw}"));
            }

            using var result = quantizer.forward(io.Read($"step{step}/x"), json.RootElement.GetProperty("frame_rate").GetDouble());
            Near.Equal(io.Read($"step{step}/quantized"), result.X, Tolerance);
            Exactly.Equal(io.Read($"step{step}/codes"), result.Codes);
            Near.Equal(io.Read($"step{step}/penalty"), result.Penalty!, Tolerance);
            CheckBuffers(io, $"step{step}", quantizer);
            Assert.Equal(0, draws.Left);
        }
    }

    [Theory]
    [InlineData("kmeans", 10)]
    [InlineData("kmeans_few", 5)]
    public void KMeans_matches_the_recorded_centers(string run, int iterations)
    {
        using var io = Golden.Tensors("rvq_kmeans_deadcodes");
        using var scope = NewDisposeScope();
        var (means, counts) = KMeans.Cluster(io.Read(run + "/samples"), io.Read(run + "/init_indices"), iterations);
        Near.Equal(io.Read(run + "/means"), means, Tolerance);
        Exactly.Equal(io.Read(run + "/bins"), counts);
    }

    private static ResidualVectorQuantizer Load(string name, JsonElement root, TrainingSampler? draws = null)
    {
        var rvq = root.GetProperty("rvq");
        var most = rvq.GetProperty("orthogonal_reg_max_codes");
        var config = new QuantizerConfig
        {
            NumCodebooks = rvq.GetProperty("n_q").GetInt32(),
            CodebookDropout = rvq.GetProperty("q_dropout").GetBoolean(),
            Cardinality = rvq.GetProperty("bins").GetInt32(),
            Decay = rvq.GetProperty("decay").GetDouble(),
            KMeansInit = rvq.GetProperty("kmeans_init").GetBoolean(),
            KMeansIterations = rvq.GetProperty("kmeans_iters").GetInt32(),
            DeadCodeThreshold = rvq.GetProperty("threshold_ema_dead_code").GetDouble(),
            UpstreamLearning = true,
            OrthogonalWeight = rvq.GetProperty("orthogonal_reg_weight").GetDouble(),
            OrthogonalActiveCodesOnly = rvq.GetProperty("orthogonal_reg_active_codes_only").GetBoolean(),
            OrthogonalMaxCodes = most.ValueKind == JsonValueKind.Number ? most.GetInt32() : null,
        };
        var quantizer = new ResidualVectorQuantizer(rvq.GetProperty("dimension").GetInt32(), config, draws);
        using var weights = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        WeightLoader.Load(quantizer, weights);
        quantizer.train();
        return quantizer;
    }

    private static void Check(TensorArchive io, string prefix, QuantizedResult result)
    {
        Near.Equal(io.Read(prefix + "/quantized"), result.X, Tolerance);
        Exactly.Equal(io.Read(prefix + "/codes"), result.Codes);
        Near.Equal(io.Read(prefix + "/bandwidth"), result.Bandwidth, Tolerance);
        Near.Equal(io.Read(prefix + "/penalty"), result.Penalty!, Tolerance);
    }

    private static void CheckBuffers(TensorArchive io, string prefix, ResidualVectorQuantizer quantizer)
    {
        var buffers = quantizer.state_dict();
        Assert.Equal(io.Tensors.Keys.Count(k => k.StartsWith(prefix + "/state/", StringComparison.Ordinal)), buffers.Count);
        foreach (var (key, value) in buffers)
        {
            Near.Equal(io.Read($"{prefix}/state/{key}"), value, Tolerance);
        }
    }
}
