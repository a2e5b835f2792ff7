using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AudioCraft.Checkpoints;
using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>A checkpoint like the tiny AudioGen in Hugging Face's MusicGen layout, with the names of the released checkpoints.</summary>
internal static partial class HubMusicGen
{
    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");

    /// <summary>Writes the directory. <paramref name="change"/> may alter its config.json, and another checkpoint of that size may be the <paramref name="source"/>.</summary>
    public static void Write(TemporaryFolder folder, bool sharded = false, Action<JsonObject>? change = null, string? source = null)
    {
        using var scope = NewDisposeScope();
        source ??= Tiny;
        using var lm = AudioCraftCheckpoint.OpenLanguageModel(source);
        using var codec = AudioCraftCheckpoint.OpenCompressionModel(source);
        using var text = HuggingFaceFiles.OpenWeights(Path.Combine(source, "t5"), memoryMap: true);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var name in lm.Weights.Tensors.Keys)
        {
            AddLanguageModel(tensors, name, lm.Weights.Read(name));
        }

        foreach (var name in codec.Weights.Tensors.Keys)
        {
            tensors.Add("audio_encoder." + HubEncodec.Renamed(name), codec.Weights.Read(name));
        }

        foreach (var name in text.Tensors.Keys)
        {
            tensors.Add("text_encoder." + name, text.Read(name));
        }

        tensors.Add("decoder.model.decoder.embed_positions.weights", zeros(4, 4));
        WriteWeights(folder, tensors, sharded);
        var config = Config(codec.Config);
        change?.Invoke(config);
        folder.Write("config.json", JsonSerializer.SerializeToUtf8Bytes(config));
        folder.Write("generation_config.json", "{\"max_length\": 150, \"guidance_scale\": 3.0}"u8);
        foreach (var file in new[] { "spiece.model", "tokenizer_config.json" })
        {
            folder.Write(file, File.ReadAllBytes(Path.Combine(Tiny, "t5", file)));
        }
    }

    private static void AddLanguageModel(Dictionary<string, Tensor> tensors, string name, Tensor value)
    {
        const string decoder = "decoder.model.decoder.";
        if (name.EndsWith("in_proj_weight", StringComparison.Ordinal))
        {
            var parts = value.chunk(3, 0);
            foreach (var (projection, part) in new[] { "q_proj", "k_proj", "v_proj" }.Zip(parts))
            {
                tensors.Add(decoder + Layer(name).Replace("in_proj_weight", projection + ".weight", StringComparison.Ordinal), part.contiguous());
            }

            return;
        }

        var renamed = name switch
        {
            _ when name.StartsWith("emb.", StringComparison.Ordinal) => decoder + "embed_tokens" + name[3..],
            _ when name.StartsWith("linears.", StringComparison.Ordinal) => "decoder.lm_heads" + name[7..],
            _ when name.StartsWith("out_norm.", StringComparison.Ordinal) => decoder + "layer_norm" + name[8..],
            _ when name.StartsWith("transformer.", StringComparison.Ordinal) => decoder + Layer(name),
            _ => "enc_to_dec_proj" + name[name.LastIndexOf('.')..],
        };
        tensors.Add(renamed, value);
    }

    private static string Layer(string name) => Block().Replace(name["transformer.".Length..], block => block.Value switch
    {
        "cross_attention" => "encoder_attn",
        "norm1" => "self_attn_layer_norm",
        "norm_cross" => "encoder_attn_layer_norm",
        "norm2" => "final_layer_norm",
        "linear1" => "fc1",
        _ => "fc2",
    });

    private static void WriteWeights(TemporaryFolder folder, Dictionary<string, Tensor> tensors, bool sharded)
    {
        if (!sharded)
        {
            SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
            return;
        }

        var map = new Dictionary<string, string>();
        foreach (var (shard, index) in tensors.Chunk((tensors.Count / 3) + 1).Select((shard, index) => (shard, index)))
        {
            var file = $"model-{index + 1:00000}-of-00003.safetensors";
            SafetensorsWriter.Write(folder.File(file), shard.ToDictionary());
            foreach (var (name, _) in shard)
            {
                map.Add(name, file);
            }
        }

        folder.Write("model.safetensors.index.json", JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { }, weight_map = map }));
    }

    private static JsonObject Config(XpConfig codec) => new()
    {
        ["model_type"] = "musicgen",
        ["text_encoder"] = JsonNode.Parse(File.ReadAllText(Path.Combine(Tiny, "t5", "config.json"))),
        ["audio_encoder"] = JsonSerializer.SerializeToNode(HubEncodec.Config(EncodecXpConfig.Read(codec))),
        ["decoder"] = new JsonObject
        {
            ["model_type"] = "musicgen_decoder",
            ["activation_function"] = "gelu",
            ["audio_channels"] = 1,
            ["ffn_dim"] = 128,
            ["hidden_size"] = 32,
            ["num_attention_heads"] = 4,
            ["num_codebooks"] = 4,
            ["num_hidden_layers"] = 2,
            ["scale_embedding"] = false,
            ["vocab_size"] = 64,
        },
    };

    [GeneratedRegex("cross_attention|norm1|norm_cross|norm2|linear1|linear2")]
    private static partial Regex Block();
}
