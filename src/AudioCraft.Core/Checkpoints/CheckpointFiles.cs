namespace AudioCraft.Checkpoints;

/// <summary>Names of the files of a checkpoint, each defined here and nowhere else.</summary>
internal static class CheckpointFiles
{
    public const string Config = "config.json";
    public const string GenerationConfig = "generation_config.json";
    public const string PreprocessorConfig = "preprocessor_config.json";

    public const string Weights = "model.safetensors";
    public const string WeightsIndex = "model.safetensors.index.json";
    public const string TorchWeights = "pytorch_model.bin";

    /// <summary>The SentencePiece model of a T5.</summary>
    public const string Tokenizer = "spiece.model";

    public const string TokenizerConfig = "tokenizer_config.json";

    /// <summary>The folder of a checkpoint in audiocraft's format that holds its text encoder.</summary>
    public const string TextEncoderFolder = "t5";

    /// <summary>The model card of a repository.</summary>
    public const string Card = "README.md";

    /// <summary>The kinds of audio that the model was trained on: see <see cref="KnownKinds"/>.</summary>
    public const string Kinds = "kinds.json";

    public const string Safetensors = ".safetensors";
    public const string Torch = ".bin";

    /// <summary>Extensions of files of tensors.</summary>
    public static readonly IReadOnlyList<string> TensorExtensions = [Safetensors, Torch, ".pt", ".pth", ".th"];

    /// <summary>Files that describe a checkpoint.</summary>
    public static readonly IReadOnlyList<string> Descriptions = [Config, Card];

    /// <summary>The language model of a checkpoint in audiocraft's format, as written by <c>torch.save</c> or converted.</summary>
    public const string LanguageModel = AudioCraftCheckpoint.LanguageModelName + Torch;

    /// <inheritdoc cref="LanguageModel"/>
    public const string ConvertedLanguageModel = AudioCraftCheckpoint.LanguageModelName + Safetensors;

    /// <summary>The codec of a checkpoint in audiocraft's format, as written by <c>torch.save</c> or converted.</summary>
    public const string CompressionModel = AudioCraftCheckpoint.CompressionModelName + Torch;

    /// <inheritdoc cref="CompressionModel"/>
    public const string ConvertedCompressionModel = AudioCraftCheckpoint.CompressionModelName + Safetensors;

    /// <summary>Whether a directory has the language model of a checkpoint in audiocraft's format.</summary>
    public static bool HasLanguageModel(string directory) => HasAny(directory, LanguageModel, ConvertedLanguageModel);

    /// <summary>Whether a directory has the codec of a checkpoint in audiocraft's format.</summary>
    public static bool HasCompressionModel(string directory) => HasAny(directory, CompressionModel, ConvertedCompressionModel);

    private static bool HasAny(string directory, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (File.Exists(Path.Combine(directory, name)))
            {
                return true;
            }
        }

        return false;
    }
}
