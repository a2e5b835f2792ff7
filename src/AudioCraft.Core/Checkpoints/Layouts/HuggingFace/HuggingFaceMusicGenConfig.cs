using AudioCraft.Codecs;
using AudioCraft.Conditioning;

namespace AudioCraft.Checkpoints;

/// <summary>The three models that a MusicGen <c>config.json</c> of Hugging Face describes: <c>text_encoder</c>, <c>audio_encoder</c>, <c>decoder</c>.</summary>
/// <param name="root">The file.</param>
internal sealed class HuggingFaceMusicGenConfig(CheckpointConfig root)
{
    /// <summary>The <c>model_type</c> of such a file.</summary>
    public const string ModelType = "musicgen";

    /// <summary>The text encoder.</summary>
    public T5Config TextEncoder => T5Config.Read(root.Section("text_encoder"));

    /// <summary>The codec, as in an EnCodec's own <c>config.json</c>.</summary>
    public CheckpointConfig Codec => root.Section("audio_encoder");

    /// <summary>Channels of the audio that the language model's codes represent.</summary>
    public int AudioChannels => Decoder.GetInt32("audio_channels", 1);

    private CheckpointConfig Decoder => root.Section("decoder");

    /// <summary>Checks that a model is conditioned on text only; MusicGen Melody (<c>musicgen_melody</c>) is not.</summary>
    /// <exception cref="CheckpointException">The model is conditioned on waveforms.</exception>
    public static void CheckTextOnly(string? modelType, string name)
    {
        if (modelType?.StartsWith(ModelType + "_", StringComparison.Ordinal) == true)
        {
            throw new CheckpointException($"'{name}' is a '{modelType}', which is conditioned on a waveform; only models conditioned on text are supported.");
        }
    }

    /// <summary>The language model.</summary>
    /// <exception cref="CheckpointException">A value is missing, out of range or not supported.</exception>
    public LMConfig LanguageModel()
    {
        var decoder = Decoder;
        var (dim, codebooks) = (decoder.GetInt32("hidden_size"), decoder.GetInt32("num_codebooks"));
        if (dim < 1)
        {
            throw decoder.Unsupported("hidden_size", "above 0 is expected");
        }

        if (decoder.GetBool("scale_embedding", false))
        {
            throw decoder.Unsupported("scale_embedding", "only false is supported");
        }

        var config = new LMConfig
        {
            NumCodebooks = codebooks,
            Cardinality = decoder.GetInt32("vocab_size"),
            Dim = dim,
            NumHeads = decoder.GetInt32("num_attention_heads"),
            NumLayers = decoder.GetInt32("num_hidden_layers"),
            HiddenScale = (double)decoder.GetInt32("ffn_dim") / dim,
            Activation = decoder.GetString("activation_function", "gelu") switch
            {
                "gelu" => LMActivation.Gelu,
                "relu" => LMActivation.Relu,
                _ => throw decoder.Unsupported("activation_function", "gelu and relu are supported"),
            },
        };
        config.CheckSizes();

        // The codebooks of the two channels of stereo alternate, and share their delays.
        var channels = AudioChannels;
        return channels is 1 or 2 && codebooks % channels == 0
            ? config with { Delays = [.. Enumerable.Range(0, codebooks).Select(k => k / channels)] }
            : throw new CheckpointException($"{root.Source}: decoder.audio_channels is {channels} with {codebooks} codebooks; 1 or 2 channels with the same number of codebooks each are expected.");
    }
}
