using AudioCraft.Generation;
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
    private readonly ModelGate gate;
    private readonly ILogger logger;
    private GenerationParams generationParams;
    private long memoryLimit;

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
        gate = new ModelGate(this, Free);
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

    /// <summary>The parameters of calls that name none.</summary>
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

    /// <summary>Estimates the memory that a call uses beside the model's weights, from the sizes of the model.</summary>
    /// <param name="items">Descriptions of the call, at least 1. Those that do not fit <see cref="MemoryLimit"/> together are generated one group after another.</param>
    /// <param name="parameters">The parameters of the call; null for <see cref="GenerationParams"/>.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="ArgumentException">The duration does not fit the model.</exception>
    public long EstimateMemory(int items = 1, GenerationParams? parameters = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        parameters = Checked(parameters);
        var plan = new WindowPlan(this, parameters, promptFrames: 0);
        return GenerationMemory.BytesPerItem(this, plan, parameters) * GenerationMemory.ItemsTogether(this, plan, parameters, MemoryLimit, items);
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

    private void Free()
    {
        CompressionModel.Dispose();
        LM.Dispose();
    }
}
