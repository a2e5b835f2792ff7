using System.Text.Json;
using AudioCraft.Codecs;
using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;

namespace AudioCraft.Checkpoints;

/// <summary>The three models that a MusicGen <c>config.json</c> of Hugging Face describes: <c>text_encoder</c>, <c>audio_encoder</c>, <c>decoder</c>.</summary>
/// <param name="root">The document.</param>
/// <param name="source">Its file, for messages.</param>
internal sealed class HuggingFaceMusicGenConfig(JsonElement root, string source)
{
    /// <summary>The text encoder.</summary>
    public T5Config TextEncoder => T5Config.Parse(Section("text_encoder"), source);

    /// <summary>The codec's part, as an EnCodec's own <c>config.json</c>.</summary>
    public JsonElement Codec => Section("audio_encoder");

    /// <summary>Channels of the sound that the language model's codes stand for.</summary>
    public int AudioChannels => Number("audio_channels", 1);

    /// <summary>The language model.</summary>
    /// <exception cref="CheckpointException">A value is missing or out of range, or asks for something that is not built.</exception>
    public LMConfig LanguageModel()
    {
        var activation = Text("activation_function", "gelu");
        var (dim, codebooks) = (Number("hidden_size"), Number("num_codebooks"));
        if (dim < 1)
        {
            throw new CheckpointException($"{source}: decoder.hidden_size is {dim}; above 0 is expected.");
        }

        if (Section("decoder").TryGetProperty("scale_embedding", out var scaled) && scaled.ValueKind == JsonValueKind.True)
        {
            throw new CheckpointException($"{source}: decoder.scale_embedding is not built.");
        }

        var config = new LMConfig
        {
            NumCodebooks = codebooks,
            Cardinality = Number("vocab_size"),
            Dim = dim,
            NumHeads = Number("num_attention_heads"),
            NumLayers = Number("num_hidden_layers"),
            HiddenScale = (double)Number("ffn_dim") / dim,
            Activation = activation switch
            {
                "gelu" => LMActivation.Gelu,
                "relu" => LMActivation.Relu,
                _ => throw new CheckpointException($"{source}: decoder.activation_function '{activation}' is not built; gelu and relu are."),
            },
        };
        config.CheckSizes();

        // The codebooks of the two channels of stereo alternate, and go together.
        var channels = AudioChannels;
        return channels is 1 or 2 && codebooks % channels == 0
            ? config with { Delays = [.. Enumerable.Range(0, codebooks).Select(k => k / channels)] }
            : throw new CheckpointException($"{source}: decoder.audio_channels is {channels} with {codebooks} codebooks; one or two channels that share them evenly are expected.");
    }

    private JsonElement Section(string name) =>
        root.TryGetProperty(name, out var section) && section.ValueKind == JsonValueKind.Object
            ? section
            : throw new CheckpointException($"{source} has no section '{name}'.");

    private int Number(string name, int? fallback = null) =>
        !Section("decoder").TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null
            ? fallback ?? throw new CheckpointException($"{source}: decoder.{name} is missing.")
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
                ? number
                : throw new CheckpointException($"{source}: decoder.{name} is {value.GetRawText()}; a whole number is expected.");

    private string Text(string name, string fallback) =>
        Section("decoder").TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : fallback;
}
