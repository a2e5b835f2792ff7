using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>
/// A T5 tokenizer and encoder from a Hugging Face directory. It computes in float32. It is not a module, so that its weights do not become part of the
/// checkpoints of models that use it.
/// </summary>
public sealed class T5TextEncoder : IDisposable
{
    /// <summary>The length of the texts that T5 was trained on ("Exploring the Limits of Transfer Learning", Raffel et al. 2020, section 3.1.2).</summary>
    private const int TrainedTokens = 512;

    /// <summary>A text with more characters than this for each token is rejected before it is tokenized. Only runs of white space have so many.</summary>
    private const long MaxCharactersPerToken = 1000;

    private const int UsualExtraIds = 100;

    private int maxTokens = TrainedTokens;

    private readonly T5Encoder encoder;
    private readonly NativeLifetime lifetime;

    internal T5TextEncoder(T5Tokenizer tokenizer, T5Encoder encoder, Device device)
    {
        Tokenizer = tokenizer;
        this.encoder = encoder;
        lifetime = new NativeLifetime(this);
        Device = device;
    }

    /// <summary>Creates a text encoder on the CPU, for training.</summary>
    /// <param name="tokenizer">The tokenizer; it has at most as many ids as the encoder has embeddings.</param>
    /// <param name="encoder">The encoder; the new object owns and disposes it.</param>
    /// <exception cref="ArgumentException">The tokenizer has more ids than the encoder has embeddings.</exception>
    public T5TextEncoder(T5Tokenizer tokenizer, T5Encoder encoder)
        : this(tokenizer ?? throw new ArgumentNullException(nameof(tokenizer)), encoder ?? throw new ArgumentNullException(nameof(encoder)), CPU)
    {
        if (tokenizer.VocabularySize > encoder.Config.VocabularySize)
        {
            throw new ArgumentException($"The tokenizer has {tokenizer.VocabularySize} ids, the encoder only {encoder.Config.VocabularySize} embeddings.", nameof(tokenizer));
        }
    }

    /// <summary>The tokenizer.</summary>
    public T5Tokenizer Tokenizer { get; }

    /// <summary>Sizes of the encoder.</summary>
    public T5Config Config => encoder.Config;

    /// <summary>Width of the result of <see cref="Encode"/>.</summary>
    public long Dimension => encoder.Config.ModelDimension;

    /// <summary>The device of the encoder.</summary>
    public Device Device { get; }

    /// <summary>The encoder module, for training.</summary>
    public T5Encoder Encoder => encoder;

    /// <summary>
    /// Loads <c>config.json</c>, <c>spiece.model</c> and the weights: <c>model.safetensors</c>, <c>model.safetensors.index.json</c> or <c>pytorch_model.bin</c>.
    /// Only the encoder's tensors of a whole T5 are read.
    /// </summary>
    /// <param name="directory">The directory, such as a snapshot of <c>t5-large</c> or <c>google/flan-t5-base</c>.</param>
    /// <param name="device">The device; null for CUDA if available, otherwise the CPU.</param>
    /// <exception cref="CheckpointException">The directory or a file is missing or damaged, or the files do not match.</exception>
    public static T5TextEncoder Load(string directory, Device? device = null) => Load(directory, device, memoryMap: true);

    /// <inheritdoc cref="Load(string, Device)"/>
    /// <param name="directory">The directory.</param>
    /// <param name="device">The device; null for CUDA if available, otherwise the CPU.</param>
    /// <param name="memoryMap">Whether weights may use the memory-mapped file.</param>
    internal static T5TextEncoder Load(string directory, Device? device, bool memoryMap)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        CheckFiles(directory);
        using var archive = HuggingFaceFiles.OpenWeights(directory, memoryMap);
        var config = T5Config.Load(Path.Combine(directory, CheckpointFiles.Config));
        var tokenizer = LoadTokenizer(directory, config);
        device ??= cuda.is_available() ? CUDA : CPU;
        return new T5TextEncoder(tokenizer, MoveTo(device, T5Encoder.Load(config, archive)), device);
    }

    /// <summary>Loads a T5 from a checkpoint that contains other models too: its tensors have a prefix, and <c>spiece.model</c> is in the directory.</summary>
    /// <exception cref="CheckpointException">The tokenizer is missing, a file is damaged, or they do not match.</exception>
    internal static T5TextEncoder Load(string directory, T5Config config, TensorArchive archive, string prefix, Device device)
    {
        if (!File.Exists(Path.Combine(directory, CheckpointFiles.Tokenizer)))
        {
            throw new CheckpointException($"'{directory}' has no {CheckpointFiles.Tokenizer}, which the text encoder needs.");
        }

        var tokenizer = LoadTokenizer(directory, config);
        return new T5TextEncoder(tokenizer, MoveTo(device, T5Encoder.Load(config, archive, prefix)), device);
    }

    /// <summary>
    /// The longest text that is accepted, in tokens including the final <c>&lt;/s&gt;</c>; 512 by default, the length that T5 was trained on. Upstream has no limit:
    /// with a higher one, longer texts are encoded too, in memory that grows with the square of their length.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int MaxTokens
    {
        get => maxTokens;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            maxTokens = value;
        }
    }

    /// <summary>Counts the tokens of a text, including the final <c>&lt;/s&gt;</c>.</summary>
    /// <param name="text">The text; null is the same as "".</param>
    /// <exception cref="ArgumentException">The text has more tokens than <see cref="MaxTokens"/>.</exception>
    public int CountTokens(string? text) => Ids(text).Length;

    /// <summary>Tokenizes texts as one batch, padded to the longest.</summary>
    /// <param name="texts">At least one. Null and "" are the null condition: one <c>&lt;/s&gt;</c> whose mask is zero. " " is not empty.</param>
    /// <returns>Ids and mask, both [B, T] int64 on the CPU; the caller owns them.</returns>
    /// <exception cref="ArgumentException">The list is empty, or a text has more tokens than <see cref="MaxTokens"/>.</exception>
    public (Tensor InputIds, Tensor AttentionMask) Tokenize(IReadOnlyList<string?> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var (ids, mask) = Tokenizer.Batch([.. texts.Select(Ids)]);
        for (var i = 0; i < texts.Count; i++)
        {
            if (string.IsNullOrEmpty(texts[i]))
            {
                using var row = mask[i];
                row.zero_();
            }
        }

        return (ids, mask);
    }

    private long[] Ids(string? text)
    {
        if (text?.Length > maxTokens * MaxCharactersPerToken)
        {
            throw new ArgumentException($"A text has {text.Length:N0} characters; the text encoder accepts at most {maxTokens:N0} tokens, so it was not tokenized.", nameof(text));
        }

        var ids = Tokenizer.Encode(text ?? "");
        return ids.Length <= maxTokens
            ? ids
            : throw new ArgumentException(
                $"A text of {text!.Length:N0} characters has {ids.Length:N0} tokens; the text encoder accepts at most {maxTokens:N0}. Shorten the text, or set {nameof(T5TextEncoder)}.{nameof(MaxTokens)}.", nameof(text));
    }

    /// <summary>Runs the encoder without gradients.</summary>
    /// <param name="inputIds">[B, T], int64, on any device.</param>
    /// <param name="attentionMask">[B, T], 1 for a token and 0 for padding, on any device.</param>
    /// <returns>[B, T, <see cref="Dimension"/>] float32 on <see cref="Device"/>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape, the element type or an id is wrong.</exception>
    public Tensor Encode(Tensor inputIds, Tensor attentionMask)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        ArgumentNullException.ThrowIfNull(attentionMask);
        using var use = lifetime.Enter();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return encoder.forward(inputIds.to(Device), attentionMask.to(Device)).MoveToOuterDisposeScope();
    }

    /// <summary>Disposes of the encoder, once all running calls have ended.</summary>
    public void Dispose() => lifetime.Dispose(encoder.Dispose);

    private static T5Encoder MoveTo(Device device, T5Encoder encoder)
    {
        if (device.type != DeviceType.CPU)
        {
            encoder.to(device);
        }

        return encoder;
    }

    private static void CheckFiles(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new CheckpointException($"The T5 directory '{directory}' does not exist.");
        }

        var missing = Array.FindAll(HuggingFaceT5Layout.Files.Required, name => !File.Exists(Path.Combine(directory, name)));
        if (missing.Length > 0)
        {
            throw new CheckpointException($"'{directory}' is not a T5 directory: looked for {string.Join(" and ", HuggingFaceT5Layout.Files.Required)}; missing: {string.Join(", ", missing)}.");
        }
    }

    private static T5Tokenizer LoadTokenizer(string directory, T5Config config)
    {
        var path = Path.Combine(directory, CheckpointFiles.Tokenizer);
        var pieces = SentencePieceTokenizer.Load(path);
        if (pieces.PieceCount > config.VocabularySize)
        {
            throw new CheckpointException($"{path} has {pieces.PieceCount} pieces, but the encoder has only {config.VocabularySize} embeddings.");
        }

        // Hugging Face assumes a hundred sentinels if not configured; an embedding that is too small means there are none.
        var tokenizerConfig = Path.Combine(directory, CheckpointFiles.TokenizerConfig);
        var extraIds = (File.Exists(tokenizerConfig) ? ExtraIds(CheckpointConfig.LoadJson(tokenizerConfig)) : null)
            ?? (pieces.PieceCount + UsualExtraIds <= config.VocabularySize ? UsualExtraIds : 0);
        if (extraIds > config.VocabularySize - pieces.PieceCount)
        {
            throw new CheckpointException(
                $"{directory}: {pieces.PieceCount} pieces and {extraIds} extra ids do not fit {config.VocabularySize} embeddings.");
        }

        return new T5Tokenizer(pieces, extraIds);
    }

    /// <summary>The number of sentinels in <c>tokenizer_config.json</c>; null if it has none. Other names for the special tokens are refused.</summary>
    private static int? ExtraIds(CheckpointConfig config)
    {
        foreach (var (name, usual) in new[] { ("eos_token", "</s>"), ("pad_token", "<pad>"), ("unk_token", "<unk>") })
        {
            // A token is written as a string, or as an object with its content.
            var token = config.IsSection(name) ? config.Section(name).Text("content") : config.Text(name);
            if (token is not null && token != usual)
            {
                throw new CheckpointException($"{config.Source}: {name} is '{token}'; only '{usual}' is supported.");
            }
        }

        return !config.Has("extra_ids") ? null
            : config.GetInt32("extra_ids") is >= 0 and var count ? count
            : throw config.Unsupported("extra_ids", "an integer of at least 0 is expected");
    }
}
