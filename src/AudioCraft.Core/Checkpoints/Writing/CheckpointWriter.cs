using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AudioCraft.Conditioning;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Writes generation models to directories that <see cref="AudioGen.GetPretrained(string, Device)"/> reads: the converted form that
/// <see cref="AudioCraftCheckpoint"/> describes, with the text encoder in the folder <c>t5</c>.
/// </summary>
public static class CheckpointWriter
{
    /// <summary>Writes a language model, its codec and its text encoder. Existing files are replaced atomically.</summary>
    /// <param name="directory">Created if it does not exist.</param>
    /// <param name="lm">The language model; its T5 conditioners share one text encoder.</param>
    /// <param name="codec">A checkpoint with the codec: a directory, or the file itself. Its weights are copied as they are stored.</param>
    /// <param name="tokenizer">The text encoder's <c>spiece.model</c>, byte for byte; null for a model without a text encoder.</param>
    /// <param name="segmentDuration">Seconds of the language model's window, above 0.</param>
    /// <param name="halfPrecision">Whether the weights of the language model and the text encoder are stored in float16.</param>
    /// <param name="suggested">Guidance, temperature and top-k to suggest: loading the model sets them as defaults. Null for AudioGen's defaults.</param>
    /// <exception cref="ArgumentException">The tokenizer is missing, or the model has unsupported conditioners.</exception>
    /// <exception cref="AudioCraftException">The codec cannot be read, or a file cannot be written.</exception>
    public static void Write(string directory, LMModel lm, string codec, byte[]? tokenizer, double segmentDuration, bool halfPrecision = true, GenerationParams? suggested = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(lm);
        ArgumentException.ThrowIfNullOrEmpty(codec);
        if (!(segmentDuration > 0) || double.IsInfinity(segmentDuration))
        {
            throw new ArgumentOutOfRangeException(nameof(segmentDuration), segmentDuration, "Seconds above 0 are expected.");
        }

        var names = lm.Conditioners.Keys.ToList();
        var encoders = names.Select(name => lm.Conditioners[name]).ToList();
        if (encoders.Exists(encoder => encoder is not T5Conditioner))
        {
            throw new ArgumentException("The model has conditioners other than T5's; only these can be written.", nameof(lm));
        }

        if (encoders.Count > 0 && tokenizer is null)
        {
            throw new ArgumentException("The model has a text encoder, so its tokenizer is required.", nameof(tokenizer));
        }

        string config;
        using (var model = CompressionModel.GetPretrained(codec, CPU))
        {
            config = LMConfigWriter.Write(lm.Config, names, model, segmentDuration, suggested);
        }

        using var source = AudioCraftCheckpoint.OpenCompressionModel(codec);
        SafetensorsWriter.Write(Path.Combine(directory, CheckpointFiles.ConvertedCompressionModel), source.Weights);
        WriteWeights(Path.Combine(directory, CheckpointFiles.ConvertedLanguageModel), lm, halfPrecision);
        if (encoders is [T5Conditioner first, ..])
        {
            WriteTextEncoder(Path.Combine(directory, CheckpointFiles.TextEncoderFolder), first.TextEncoder, tokenizer!, halfPrecision);
        }

        WriteConfig(Path.Combine(directory, CheckpointFiles.Config),
        [
            (AudioCraftCheckpoint.LanguageModelName, AudioCraftCheckpoint.ConfigKey, config),
            (AudioCraftCheckpoint.CompressionModelName, AudioCraftCheckpoint.ConfigKey, source.ConfigText),
        ]);
    }

    /// <summary>Writes one model, a language model or a codec, and its entry in <c>config.json</c>, whose other entries are kept. The weights are written first.</summary>
    /// <param name="directory">The checkpoint directory; created if it does not exist.</param>
    /// <param name="name"><see cref="AudioCraftCheckpoint.LanguageModelName"/> or <see cref="AudioCraftCheckpoint.CompressionModelName"/>.</param>
    /// <param name="config">The configuration as YAML.</param>
    /// <param name="weights">By upstream's names. The caller keeps ownership.</param>
    /// <exception cref="AudioCraftException">A file cannot be written, or an existing <c>config.json</c> belongs to another model type.</exception>
    public static void WriteModel(string directory, string name, string config, IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentException.ThrowIfNullOrEmpty(config);
        if (name is not (AudioCraftCheckpoint.LanguageModelName or AudioCraftCheckpoint.CompressionModelName))
        {
            throw new ArgumentException($"'{name}' is not part of a checkpoint; {AudioCraftCheckpoint.LanguageModelName} or {AudioCraftCheckpoint.CompressionModelName} was expected.", nameof(name));
        }

        var path = Path.Combine(directory, CheckpointFiles.Config);
        var description = File.Exists(path) ? ReadConfig(path) : new JsonObject();
        description["model_type"] = AudioCraftCheckpoint.ModelType;
        description[name] = new JsonObject { [AudioCraftCheckpoint.ConfigKey] = config };
        SafetensorsWriter.Write(Path.Combine(directory, name + CheckpointFiles.Safetensors), weights, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(description.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n")));
    }

    /// <summary>Writes the <c>config.json</c> of the converted form.</summary>
    /// <param name="path">The file.</param>
    /// <param name="models">Name, key (<c>xp.cfg</c> or <c>pretrained</c>) and value of each model.</param>
    internal static void WriteConfig(string path, IReadOnlyList<(string Name, string Key, string Value)> models) => WriteJson(path, json =>
    {
        json.WriteString("model_type", AudioCraftCheckpoint.ModelType);
        foreach (var (name, key, value) in models)
        {
            json.WriteStartObject(name);
            json.WriteString(key, value);
            json.WriteEndObject();
        }
    });

    /// <summary>Writes a T5 encoder as a directory that <see cref="T5TextEncoder.Load(string, Device)"/> and transformers' <c>T5EncoderModel</c> read.</summary>
    /// <param name="directory">Created if it does not exist.</param>
    /// <param name="encoder">The encoder.</param>
    /// <param name="tokenizer">Its <c>spiece.model</c>, byte for byte.</param>
    /// <param name="halfPrecision">Whether the weights are stored in float16.</param>
    /// <exception cref="AudioCraftException">A file cannot be written.</exception>
    public static void WriteTextEncoder(string directory, T5TextEncoder encoder, byte[] tokenizer, bool halfPrecision = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(tokenizer);
        WriteWeights(Path.Combine(directory, CheckpointFiles.Weights), encoder.Encoder, halfPrecision);
        AtomicFile.Write(Path.Combine(directory, CheckpointFiles.Tokenizer), stream => stream.Write(tokenizer));
        WriteJson(Path.Combine(directory, CheckpointFiles.TokenizerConfig), json =>
        {
            json.WriteString("tokenizer_class", "T5Tokenizer");
            json.WriteNumber("extra_ids", encoder.Tokenizer.ExtraIds);
            json.WriteString("eos_token", "</s>");
            json.WriteString("pad_token", "<pad>");
            json.WriteString("unk_token", "<unk>");
        });
        WriteJson(Path.Combine(directory, CheckpointFiles.Config), json => WriteT5Config(json, encoder.Config));
    }

    private static JsonObject ReadConfig(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { MaxDepth = 32 }) is JsonObject read
                && (read["model_type"] is null || (read["model_type"] is JsonValue type && type.TryGetValue(out string? text) && text == AudioCraftCheckpoint.ModelType))
                ? read
                : throw new CheckpointException($"'{path}' belongs to another model type and is not overwritten.");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new CheckpointException($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    private static void WriteT5Config(Utf8JsonWriter json, T5Config config)
    {
        json.WriteString("model_type", "t5");
        json.WriteStartArray("architectures");
        json.WriteStringValue("T5EncoderModel");
        json.WriteEndArray();
        json.WriteNumber("vocab_size", config.VocabularySize);
        json.WriteNumber("d_model", config.ModelDimension);
        json.WriteNumber("d_kv", config.HeadDimension);
        json.WriteNumber("d_ff", config.FeedForwardDimension);
        json.WriteNumber("num_layers", config.LayerCount);
        json.WriteNumber("num_heads", config.HeadCount);
        json.WriteNumber("relative_attention_num_buckets", config.RelativeBuckets);
        json.WriteNumber("relative_attention_max_distance", config.RelativeMaxDistance);
        json.WriteNumber("layer_norm_epsilon", config.LayerNormEpsilon);
        json.WriteString("feed_forward_proj", config.GatedGelu ? "gated-gelu" : "relu");
        json.WriteNumber("pad_token_id", 0);
        json.WriteNumber("eos_token_id", 1);
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    });

    private static void WriteWeights(string path, nn.Module module, bool halfPrecision)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(path, module.state_dict().ToDictionary(
            pair => pair.Key, pair => halfPrecision && pair.Value.is_floating_point() ? pair.Value.detach().to(ScalarType.Float16) : pair.Value, StringComparer.Ordinal));
    }
}
