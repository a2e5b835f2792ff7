using AudioCraft.Tests.LanguageModel;
using AudioCraft.Tests.Conditioning;
using AudioCraft.Tests.Codecs;
using AudioCraft.Tests;
using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.GpuCheck;

/// <summary>Computes upstream's recorded results (tests/golden) on a device.</summary>
internal sealed class GoldenChecks(Device device, Report report)
{
    private const double Exact = 0;
    private const double Float32Noise = 2e-5;
    private const double HalfPrecision = 1e-2;

    // Recorded by upstream on a CPU. bfloat16 has eight significant bits, and each product adds its own rounding.
    private const double BFloat16Noise = 3e-2;

    public void Run()
    {
        report.Table($"Golden cases on {device}", "case", "quantity", "value", "limit", "result");
        foreach (var name in (string[])["encodec_noncausal_16k_audiogen_tiny", "encodec_noncausal_32k_tiny", "encodec_noncausal_renorm_wn", "encodec_noncausal_stereo_renorm_tgn", "encodec_causal_24k_tiny"])
        {
            Encodec(name);
        }

        Dac("dac_tiny");
        Dac("dac_tiny_latent");
        foreach (var name in (string[])[T5Fixture.Relu, T5Fixture.Gated])
        {
            report.Check(name, "hidden states, relative", Float32Noise, () => T5(name));
        }

        foreach (var name in (string[])["lm_tiny", "lm_tiny_crosspos"])
        {
            report.Check(name, "logits, float32, relative", Float32Noise, () => Logits(name, ScalarType.Float32));
            report.Check(name, "logits, bfloat16, relative", BFloat16Noise, () => Logits(name, ScalarType.BFloat16));
            if (device.type == DeviceType.CUDA)
            {
                report.Check(name, "logits, float16, relative", HalfPrecision, () => Logits(name, ScalarType.Float16));
            }
        }

        foreach (var name in (string[])["lm_generate", "lm_generate_custom_rope", "lm_generate_delays", "lm_generate_double_cfg", "lm_generate_prepend"])
        {
            Tokens(name);
        }
    }

    private void Encodec(string name)
    {
        double Measure(Func<EncodecModel, SafetensorsFile, string, double> of)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            using var model = GoldenEncodec.Load(name);
            model.to(device);
            using var io = Golden.Tensors(name);
            return io.Tensors.Keys.Where(key => key.StartsWith("len", StringComparison.Ordinal) && key.Count(c => c == '/') == 1 && key.EndsWith("/codes", StringComparison.Ordinal))
                .Max(key => of(model, io, key.Split('/')[0]));
        }

        report.Check(name, "fraction of different codes", Exact, () => Measure((model, io, run) => Deviation.OfCodes(io.Read($"{run}/codes"), model.Encode(io.Read($"{run}/x").to(device)).Codes)));
        report.Check(name, "audio, relative error", Float32Noise, () => Measure((model, io, run) =>
            Deviation.Of(io.Read($"{run}/decoded"), model.Decode(io.Read($"{run}/codes").to(device), io.Tensors.ContainsKey($"{run}/scale") ? io.Read($"{run}/scale").to(device) : null))));
    }

    private void Dac(string name)
    {
        double Measure(Func<CompressionModel, SafetensorsFile, string, double> of)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            using var model = CompressionModel.GetPretrained(Golden.File(name, "dac_weights.pth"), device);
            using var io = Golden.Tensors(name);
            return io.Tensors.Keys.Where(key => key.StartsWith("len", StringComparison.Ordinal) && key.EndsWith($"/n{model.TotalCodebooks}/codes", StringComparison.Ordinal))
                .Max(key => of(model, io, key.Split('/')[0]));
        }

        string All(CompressionModel model, string run) => $"{run}/n{model.TotalCodebooks}";
        report.Check(name, "fraction of different codes", Exact, () => Measure((model, io, run) => Deviation.OfCodes(io.Read($"{All(model, run)}/codes"), model.Encode(io.Read($"{run}/x").to(device)).Codes)));
        report.Check(name, "audio, relative error", Float32Noise, () => Measure((model, io, run) => Deviation.Of(io.Read($"{All(model, run)}/decoded_from_codes"), model.Decode(io.Read($"{All(model, run)}/codes").to(device)))));
    }

    private double T5(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var encoder = T5Fixture.Encoder(name);
        encoder.to(device);
        using var io = Golden.Tensors(name);
        return Deviation.Of(io.Read("last_hidden_state"), encoder.forward(io.Read("input_ids").to(device), io.Read("attention_mask").to(device)));
    }

    // Only the first step: the tokens of a float16 model may differ later.
    private double Logits(string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Model(name, type);
        using var io = Golden.Tensors(name);
        var logits = model.forward(io.Read("seq").to(device), Moved(GoldenLM.Conditions(io, "cond/")));
        return Deviation.Of(io.Read("fwd/logits").select(2, 0), logits.select(2, 0));
    }

    private void Tokens(string name)
    {
        using var json = Golden.Config(name);
        foreach (var run in json.RootElement.GetProperty("runs").EnumerateArray())
        {
            report.Check(name, $"{run.GetProperty("name").GetString()}: fraction of different greedy tokens, float32", Exact, () => Tokens(name, run));
        }
    }

    private double Tokens(string golden, JsonElement run)
    {
        using var scope = NewDisposeScope();
        using var model = Model(golden, ScalarType.Float32);
        using var io = Golden.Tensors(golden);
        var name = run.GetProperty("name").GetString()!;
        var arguments = run.GetProperty("generate_kwargs");
        bool Flag(string option) => arguments.TryGetProperty(option, out var value) && value.GetBoolean();
        var expected = io.Read($"{name}/tokens");
        var items = (int)expected.size(0);
        var request = new TokenRequest
        {
            BatchSize = items,
            Frames = arguments.GetProperty("max_gen_len").GetInt32(),
            Prompt = io.Tensors.ContainsKey($"{name}/prompt") ? CodeFrames.FromTensor(io.Read($"{name}/prompt")) : [],
            Conditions = Moved(GoldenLM.Conditions(io, $"{name}/cond_", items)),
            Parameters = new GenerationParams
            {
                UseSampling = false,
                // Upstream's two-step guidance uses the model's coefficient instead of the argument; ours uses the argument, so it is set to the model's.
                CfgCoef = Flag("two_step_cfg") || !arguments.TryGetProperty("cfg_coef", out var given) ? model.Config.CfgCoef : given.GetDouble(),
                TwoStepCfg = Flag("two_step_cfg"),
                UpstreamTextPadding = true,
                CfgCoefBeta = arguments.TryGetProperty("cfg_coef_beta", out var beta) ? beta.GetDouble() : null,
            },
            Random = RandomSequence.ForItems(0, new string?[items]),
        };
        var tokens = TokenGenerator.Generate(model, request);
        var from = Flag("remove_prompts") ? request.Prompt.Count : 0;
        return Deviation.OfCodes(expected, tokens.narrow(2, from, tokens.size(2) - from));
    }

    private LMModel Model(string name, ScalarType type)
    {
        var model = GoldenLM.Load(name);
        if (type != ScalarType.Float32)
        {
            model.ConvertTo(type);
        }

        model.to(device);
        return model;
    }

    private ConditionTensors Moved(ConditionTensors conditions) =>
        new([.. conditions.Items.Select(condition => condition with { Embeddings = condition.Embeddings.to(device) })]);
}
