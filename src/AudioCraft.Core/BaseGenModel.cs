using AudioCraft.Generation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// A model that generates audio from text: a language model over the codes of a codec (audiocraft/models/genmodel.py).
/// Calls from several threads are safe; they run one after another. The caller disposes of the results.
/// </summary>
public abstract partial class BaseGenModel : IDisposable
{
    private readonly ModelGate gate;
    private readonly ILogger logger;
    private GenerationParams generationParams;
    private long memoryLimit;

    /// <summary>Creates a model from a codec and a language model. It owns and disposes of both.</summary>
    /// <param name="name">Name of the model, for messages.</param>
    /// <param name="compressionModel">The codec whose codes the language model predicts.</param>
    /// <param name="lm">The language model.</param>
    /// <param name="maxDuration">Length of the language model's window in seconds.</param>
    /// <param name="defaults">The default parameters.</param>
    /// <param name="logger">The logger, or null.</param>
    /// <exception cref="ArgumentException">The codec's codebooks do not match the language model's, or a value is out of range.</exception>
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
                + $"the language model predicts {lm.NumCodebooks} of {lm.Config.Cardinality}.", nameof(compressionModel));
        }

        (Name, CompressionModel, LM, MaxDuration) = (name, compressionModel, lm, maxDuration);
        this.logger = logger ?? NullLogger.Instance;
        gate = new ModelGate(this, Free);
        generationParams = defaults;
        memoryLimit = GenerationMemory.DefaultLimit(lm.Device);
        lm.eval();
        compressionModel.eval();
    }

    /// <summary>Name of the model.</summary>
    public string Name { get; }

    /// <summary>Frames per second: codes of one codebook.</summary>
    public double FrameRate => CompressionModel.FrameRate;

    /// <summary>Sample rate of the audio in Hz.</summary>
    public int SampleRate => CompressionModel.SampleRate;

    /// <summary>Channels of the audio.</summary>
    public int AudioChannels => CompressionModel.Channels;

    /// <summary>Length of the language model's window in seconds. Longer audio is generated in several windows.</summary>
    public double MaxDuration { get; }

    /// <summary>The device of the model.</summary>
    public Device Device => LM.Device;

    /// <summary>The codec.</summary>
    public CompressionModel CompressionModel { get; }

    /// <summary>The language model.</summary>
    public LMModel LM { get; }

    /// <summary>
    /// The kinds of audio that the model was trained on, if its directory lists them. For a description that mentions none of them, a call that generates logs a warning,
    /// because the result is one of these kinds.
    /// </summary>
    public KnownKinds KnownKinds { get; init; } = KnownKinds.None;

    /// <summary>
    /// Bytes that generation may use in addition to the model's weights, above 0. A call that needs more generates its items in several groups, with the same results.
    /// The default is half of the memory that is free when the model is created, or 8 GiB on a GPU, whose free memory TorchSharp cannot report.
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

    /// <summary>The default parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public GenerationParams GenerationParams
    {
        get => generationParams;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            generationParams = value;
        }
    }

    /// <summary>Estimates the memory that a call uses beside the model's weights, from the sizes of the model, for descriptions of at most 128 tokens (about 100 English words).</summary>
    /// <param name="items">Descriptions of the call, at least 1. Those that do not fit <see cref="MemoryLimit"/> together are generated one group after another.</param>
    /// <param name="parameters">The parameters of the call; null for <see cref="GenerationParams"/>.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="ArgumentException">The duration does not fit the model.</exception>
    public long EstimateMemory(int items = 1, GenerationParams? parameters = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        parameters?.Validate();
        return EstimateMemory(items, GenerationMemory.UsualTokens, parameters ?? GenerationParams);
    }

    /// <summary>Estimates the memory that a call uses beside the model's weights, from the sizes of the model and the tokens of the longest description.</summary>
    /// <param name="descriptions">The descriptions of the call, at least one. Those that do not fit <see cref="MemoryLimit"/> together are generated one group after another.</param>
    /// <param name="parameters">The parameters of the call; null for <see cref="GenerationParams"/>.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="ArgumentException">The list is empty, a text has more tokens than the text encoder accepts (512 for T5), or the duration does not fit the model.</exception>
    public long EstimateMemory(IReadOnlyList<string> descriptions, GenerationParams? parameters = null)
    {
        using var request = Request(descriptions, parameters, progress: null);
        return EstimateMemory(request.Descriptions.Count, request.Tokens, request.Parameters);
    }

    /// <summary>
    /// Disposes of the model. A call that is running throws <see cref="ObjectDisposedException"/> at its next decoding step, and the codec and the language model are
    /// freed when it has ended; this method does not wait for it. It can be called from any thread, from a progress callback and while a stream is read.
    /// </summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes of the model.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            gate.Dispose();
        }
    }

    private long EstimateMemory(int items, int tokens, GenerationParams parameters)
    {
        var plan = new WindowPlan(this, parameters, promptFrames: 0);
        return GenerationMemory.BytesPerItem(this, plan, parameters, tokens) * GenerationMemory.ItemsTogether(this, plan, parameters, tokens, MemoryLimit, items);
    }

    private void Free()
    {
        CompressionModel.Dispose();
        LM.Dispose();
    }
}
