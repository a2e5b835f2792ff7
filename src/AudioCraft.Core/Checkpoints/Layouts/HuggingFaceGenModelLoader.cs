using System.Text.Json;
using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Puts a generative model together from Hugging Face's MusicGen layout: one set of weights that holds the text encoder, the codec and the language model,
/// one <c>config.json</c> that describes the three, and the tokenizer beside them. An AudioGen converted to it loads the same way.
/// </summary>
internal static class HuggingFaceGenModelLoader
{
    private const string Condition = "description", Type = "musicgen";
    private const string TextEncoderPrefix = "text_encoder.", CodecPrefix = "audio_encoder.";

    /// <summary>Seconds of MusicGen's window, where <c>generation_config.json</c> says nothing.</summary>
    private const double UsualWindow = 30;

    /// <summary>The model in a directory, or null if what is there is in another layout.</summary>
    /// <exception cref="CheckpointException">It is of this layout, but damaged, or of a kind that is not built.</exception>
    public static GenModelLoader.Parts? TryLoad(string directory, PretrainedOptions options, string kind)
    {
        var path = Path.Combine(directory, "config.json");
        if (!File.Exists(path) || !IsPreferred(directory, options))
        {
            return null;
        }

        var root = ReadConfig(path, directory, kind);
        if (TypeOf(root) != Type)
        {
            return null;
        }

        using var weights = ModelDirectory.OpenWeights(directory);
        return Load(directory, path, new HuggingFaceMusicGenConfig(root, path), weights, options);
    }

    /// <summary>Reads a <c>config.json</c>, and refuses one of a MusicGen that takes more than text: before its weights are fetched or opened.</summary>
    /// <exception cref="CheckpointException">It is damaged, or of such a model.</exception>
    internal static JsonElement ReadConfig(string path, string name, string kind)
    {
        // The document is parsed once; what is read from it later outlives the callback as a clone.
        var root = T5Config.ReadJson(path, element => element.Clone());
        return TypeOf(root) is { } type && type.StartsWith(Type + "_", StringComparison.Ordinal)
            ? throw new CheckpointException($"'{name}' is a '{type}', which is conditioned on a waveform: {kind} is conditioned on text only.")
            : root;
    }

    /// <summary>What a <c>config.json</c> says that it is of, such as <c>musicgen</c> or <c>t5</c>; null where it does not say.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    internal static string? TypeOf(string path) => T5Config.ReadJson(path, TypeOf);

    private static string? TypeOf(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("model_type", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>
    /// Released repositories hold a model in both layouts. This one needs nothing else, so it is taken where its weights are there,
    /// unless audiocraft's own files have all that they need beside them.
    /// </summary>
    private static bool IsPreferred(string directory, PretrainedOptions options)
    {
        bool Has(string name) => File.Exists(Path.Combine(directory, name));
        var pair = Has($"{AudioCraftCheckpoint.LanguageModelName}.bin") && Has($"{AudioCraftCheckpoint.CompressionModelName}.bin");
        return !pair || (ModelDirectory.HasWeights(directory) && options.TextEncoder is null && !Directory.Exists(ConditionerLoader.Beside(directory)));
    }

    private static GenModelLoader.Parts Load(
        string directory, string path, HuggingFaceMusicGenConfig config, TensorArchive weights, PretrainedOptions options)
    {
        var device = options.ResolvedDevice;
        CompressionModel? codec = null;
        LMModel? lm = null;
        try
        {
            codec = LoadCodec(config, path, weights, device);
            lm = LoadLanguageModel(directory, config, weights, options, device);
            if (codec.NumCodebooks != lm.NumCodebooks || codec.Cardinality != lm.Config.Cardinality)
            {
                throw new CheckpointException(
                    $"{path}: the codec has {codec.NumCodebooks} codebooks of {codec.Cardinality} entries, the language model speaks {lm.NumCodebooks} of {lm.Config.Cardinality}.");
            }

            return new GenModelLoader.Parts(codec, lm, Window(directory, codec.FrameRate));
        }
        catch
        {
            codec?.Dispose();
            lm?.Dispose();
            throw;
        }
    }

    private static CompressionModel LoadCodec(HuggingFaceMusicGenConfig config, string path, TensorArchive weights, Device device)
    {
        var channels = config.AudioChannels;
        using var archive = new PrefixedArchive(weights, CodecPrefix);
        var codebooks = EncodecHubNames.CountCodebooks(archive.Tensors.Keys);
        if (codebooks == 0)
        {
            throw new CheckpointException($"{weights.Source} has no codec: it needs {CodecPrefix}quantizer.layers.0.codebook.embed.");
        }

        CompressionModel codec = EncodecLoader.Load(
            EncodecHubConfig.Read(config.Codec, codebooks, path), archive, device, new WeightLoadOptions { Rename = EncodecHubNames.Of });
        switch ((channels, codec.Channels))
        {
            case var (speaks, has) when speaks == has:
                return codec;
            case (2, 1):
                return new InterleaveStereoCompressionModel(codec);
            case var (_, has):
                codec.Dispose();
                throw new CheckpointException($"{path}: the language model speaks {channels} channels, the codec has {has}.");
        }
    }

    private static LMModel LoadLanguageModel(
        string directory, HuggingFaceMusicGenConfig config, TensorArchive weights, PretrainedOptions options, Device device)
    {
        var lmConfig = config.LanguageModel();
        using var archive = new HuggingFaceLMArchive(weights, Condition);
        GenModelLoader.RefuseOversize(lmConfig, archive, directory);
        var text = options.TextEncoder is { } elsewhere
            ? T5TextEncoder.Load(ConditionerLoader.GivenTextEncoder(elsewhere, options), device)
            : T5TextEncoder.Load(directory, config.TextEncoder, weights, TextEncoderPrefix, device);
        T5Conditioner? conditioner = null;
        LMModel? model = null;
        try
        {
            using (new DeferredInitialization())
            {
                conditioner = new T5Conditioner(text, lmConfig.Dim);
                model = new LMModel(lmConfig, new Dictionary<string, T5Conditioner> { [Condition] = conditioner });
            }

            LMWeights.LoadTo(device, model, archive, options.Precision);
            return model;
        }
        catch
        {
            // Each owns the one before it.
            ((IDisposable?)model ?? (IDisposable?)conditioner ?? text).Dispose();
            throw;
        }
    }

    /// <summary>The window in seconds: the longest sequence that the checkpoint was made to generate.</summary>
    private static double Window(string directory, double frameRate)
    {
        var path = Path.Combine(directory, "generation_config.json");
        var frames = File.Exists(path)
            ? T5Config.ReadJson(path, root => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("max_length", out var most) && most.TryGetInt64(out var number) ? number : (long?)null)
            : null;
        return frames switch
        {
            null => UsualWindow,
            > 0 => frames.Value / frameRate,
            _ => throw new CheckpointException($"{path}: max_length is {frames}; above 0 is expected."),
        };
    }
}
