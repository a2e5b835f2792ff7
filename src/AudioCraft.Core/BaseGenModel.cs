using AudioCraft.Audio;
using AudioCraft.LanguageModel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// A model that makes sound from text: a language model over the codes of a codec (audiocraft/models/genmodel.py).
/// Calls from several threads are correct; they wait for one another. Results are the caller's to dispose of.
/// </summary>
public abstract partial class BaseGenModel : IDisposable
{
    private readonly Lock gate = new();
    private readonly ILogger logger;
    private GenerationParams generationParams;
    private long memoryLimit;
    private bool disposed;

    /// <summary>Puts a model together. It takes over the codec and the language model, and disposes of them.</summary>
    /// <param name="name">Name of the model, for messages.</param>
    /// <param name="compressionModel">The codec whose codes the language model speaks.</param>
    /// <param name="lm">The language model.</param>
    /// <param name="maxDuration">Seconds that the language model's window holds.</param>
    /// <param name="defaults">Parameters of a model that was given none.</param>
    /// <param name="logger">Where to log, or null.</param>
    /// <exception cref="ArgumentException">The codec's codes are not the language model's, or a value is out of range.</exception>
    protected BaseGenModel(
        string name, CompressionModel compressionModel, LMModel lm, double maxDuration, GenerationParams defaults, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(compressionModel);
        ArgumentNullException.ThrowIfNull(lm);
        ArgumentNullException.ThrowIfNull(defaults);
        if (!(maxDuration > 0) || double.IsInfinity(maxDuration))
        {
            throw new ArgumentOutOfRangeException(nameof(maxDuration), maxDuration, "Seconds above 0 are expected.");
        }

        if (compressionModel.NumCodebooks != lm.NumCodebooks || compressionModel.Cardinality != lm.Config.Cardinality)
        {
            throw new ArgumentException(
                $"The codec has {compressionModel.NumCodebooks} codebooks of {compressionModel.Cardinality} entries, "
                + $"the language model speaks {lm.NumCodebooks} of {lm.Config.Cardinality}.", nameof(compressionModel));
        }

        (Name, CompressionModel, LM, MaxDuration) = (name, compressionModel, lm, maxDuration);
        this.logger = logger ?? NullLogger.Instance;
        generationParams = defaults;
        memoryLimit = GenerationMemory.DefaultLimit(lm.Device);
        lm.eval();
        compressionModel.eval();
    }

    /// <summary>Name of the model.</summary>
    public string Name { get; }

    /// <summary>Frames a second: codes of one codebook.</summary>
    public double FrameRate => CompressionModel.FrameRate;

    /// <summary>Samples a second of the sound.</summary>
    public int SampleRate => CompressionModel.SampleRate;

    /// <summary>Channels of the sound.</summary>
    public int AudioChannels => CompressionModel.Channels;

    /// <summary>Seconds that the language model's window holds. Longer sounds are made by moving it on.</summary>
    public double MaxDuration { get; }

    /// <summary>Where the model computes.</summary>
    public Device Device => LM.Device;

    /// <summary>The codec.</summary>
    public CompressionModel CompressionModel { get; }

    /// <summary>The language model.</summary>
    public LMModel LM { get; }

    /// <summary>
    /// Bytes that generation may take beside the model's weights, above 0. A call whose items would take more is split into several, one after the other;
    /// the items come out the same. By default half of the memory that is free when the model is made, or 8 GiB on a GPU, whose memory TorchSharp does not tell.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public long MemoryLimit
    {
        get => memoryLimit;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            memoryLimit = value;
        }
    }

    /// <summary>How sounds are generated, for calls that start after it is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public GenerationParams GenerationParams
    {
        get => generationParams;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Check();
            generationParams = value;
        }
    }

    /// <summary>Makes a sound for each description.</summary>
    /// <param name="descriptions">What to hear, one text an item; an empty text leaves the item to the model.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellationToken">Heeded between steps.</param>
    /// <returns>[B, C, T] float, at <see cref="SampleRate"/>.</returns>
    /// <exception cref="ArgumentException">The list is empty or holds null, or the duration cannot be made.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Tensor Generate(IReadOnlyList<string> descriptions, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateWithTokens(descriptions, progress, cancellationToken));

    /// <summary>Makes a sound for one description: [1, C, T] float, at <see cref="SampleRate"/>.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{string}, IProgress{GenerationProgress}, CancellationToken)"/>
    public Tensor Generate(string description, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(description);
        return Generate([description], progress, cancellationToken);
    }

    /// <summary>Makes a sound for each description; returns it [B, C, T] with the codes it was decoded from [B, K, F] int64.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{string}, IProgress{GenerationProgress}, CancellationToken)"/>
    public (Tensor Audio, Tensor Tokens) GenerateWithTokens(
        IReadOnlyList<string> descriptions, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckDescriptions(descriptions);
        return Run(descriptions, null, progress, cancellationToken);
    }

    /// <summary>Makes sounds without a description.</summary>
    /// <param name="numSamples">How many, at least 1.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellationToken">Heeded between steps.</param>
    /// <returns>[numSamples, C, T] float, at <see cref="SampleRate"/>.</returns>
    public Tensor GenerateUnconditional(int numSamples, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateUnconditionalWithTokens(numSamples, progress, cancellationToken));

    /// <summary>Makes sounds without a description; returns them [numSamples, C, T] with the codes they were decoded from [numSamples, K, F] int64.</summary>
    /// <inheritdoc cref="GenerateUnconditional"/>
    public (Tensor Audio, Tensor Tokens) GenerateUnconditionalWithTokens(
        int numSamples, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numSamples, 1);
        return Run(new string?[numSamples], null, progress, cancellationToken);
    }

    /// <summary>Continues sounds.</summary>
    /// <param name="prompt">[B, C, T] or [C, T] float, of any channel count. The result begins with it as the codec renders it.</param>
    /// <param name="promptSampleRate">Samples a second of the prompt; it is resampled to <see cref="SampleRate"/>.</param>
    /// <param name="descriptions">What to hear, one text (or null) an item; null for none.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellationToken">Heeded between steps.</param>
    /// <returns>[B, C, T] float, at <see cref="SampleRate"/>; <see cref="GenerationParams.Duration"/> counts the prompt.</returns>
    /// <exception cref="ArgumentException">The prompt has another shape, holds values that are not finite, or is not shorter than the duration.</exception>
    public Tensor GenerateContinuation(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions = null,
        IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateContinuationWithTokens(prompt, promptSampleRate, descriptions, progress, cancellationToken));

    /// <summary>Continues sounds; returns them [B, C, T] with the codes they were decoded from [B, K, F] int64.</summary>
    /// <inheritdoc cref="GenerateContinuation"/>
    public (Tensor Audio, Tensor Tokens) GenerateContinuationWithTokens(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions = null,
        IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfLessThan(promptSampleRate, 1);
        if (prompt.dim() is not (2 or 3) || prompt.numel() == 0 || !prompt.is_floating_point())
        {
            throw new ArgumentException($"A float prompt [B, C, T] or [C, T] is expected, not {prompt.dtype} [{string.Join(", ", prompt.shape)}].", nameof(prompt));
        }

        var batch = prompt.dim() == 3 ? (int)prompt.size(0) : 1;
        descriptions ??= new string?[batch];
        if (descriptions.Count != batch)
        {
            throw new ArgumentException($"{descriptions.Count} descriptions for {batch} prompts.", nameof(descriptions));
        }

        using var guard = no_grad();
        using var batched = prompt.dim() == 3 ? prompt.alias() : prompt.unsqueeze(0);
        if (!IsFinite(batched))
        {
            throw new ArgumentException("The prompt holds values that are not finite.", nameof(prompt));
        }

        using var converted = AudioConversion.Convert(batched, promptSampleRate, SampleRate, AudioChannels);
        return Run(descriptions, converted, progress, cancellationToken);
    }

    /// <summary>Bytes that a call takes beside the model's weights with the present parameters, estimated from the sizes of the model.</summary>
    /// <param name="items">Descriptions of the call, at least 1. Those that do not fit <see cref="MemoryLimit"/> together are made one after the other.</param>
    /// <exception cref="ArgumentException">The duration cannot be made.</exception>
    public long EstimateMemory(int items = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        var generation = new WindowedGeneration(this, generationParams, promptFrames: 0);
        return GenerationMemory.BytesPerItem(this, generation) * GenerationMemory.ItemsTogether(this, generation, items);
    }

    /// <summary>Disposes of the codec and the language model.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes of the codec and the language model.</summary>
    protected virtual void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (disposing && !disposed)
            {
                CompressionModel.Dispose();
                LM.Dispose();
            }

            disposed = true;
        }
    }

    private static void CheckDescriptions(IReadOnlyList<string> descriptions)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        if (descriptions.Count == 0)
        {
            throw new ArgumentException("There is no description: give at least one.", nameof(descriptions));
        }

        for (var i = 0; i < descriptions.Count; i++)
        {
            if (descriptions[i] is null)
            {
                throw new ArgumentException($"Description {i} of {descriptions.Count} is null; use GenerateUnconditional or an empty text for a sound without one.", nameof(descriptions));
            }
        }
    }

    private static bool IsFinite(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.isfinite().all().item<bool>();
    }

    private static Tensor AudioOnly((Tensor Audio, Tensor Tokens) result)
    {
        result.Tokens.Dispose();
        return result.Audio;
    }

    private (Tensor Audio, Tensor Tokens) Run(
        IReadOnlyList<string?> descriptions, Tensor? prompt, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            cancellationToken.ThrowIfCancellationRequested();
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var promptTokens = prompt is null ? null : EncodePrompt(prompt);
            var generation = new WindowedGeneration(this, generationParams, promptTokens is null ? 0 : (int)promptTokens.size(2));
            var draws = DrawSequence.ForItems(generationParams, descriptions);
            var conditions = TextConditionEncoder.Encode(LM, descriptions);
            var together = GenerationMemory.ItemsTogether(this, generation, descriptions.Count);
            var total = generation.TotalSteps * ((descriptions.Count + together - 1) / together);
            var step = 0;
            GenerationLog.Started(logger, Name, descriptions.Count, total);
            var (sounds, codes) = (new List<Tensor>(), new List<Tensor>());
            for (var from = 0; from < descriptions.Count; from += together)
            {
                var count = Math.Min(together, descriptions.Count - from);
                var tokens = generation.Generate(
                    conditions.Rows(from, count), draws[from..(from + count)], promptTokens?.narrow(0, from, count),
                    () => progress?.Report(new GenerationProgress(++step, total)), cancellationToken);
                codes.Add(tokens);
                sounds.Add(CompressionModel.Decode(tokens));
            }

            return (Joined(sounds).DetachFromDisposeScope(), Joined(codes).DetachFromDisposeScope());
        }
    }

    private static Tensor Joined(List<Tensor> parts) => parts is [var only] ? only : cat(parts, 0);

    private Tensor EncodePrompt(Tensor prompt)
    {
        var (codes, scale) = CompressionModel.Encode(prompt.to(Device));
        return scale is null ? codes : throw new InvalidOperationException("A codec that normalises loudness cannot take a prompt: its scale is not part of the codes.");
    }
}
