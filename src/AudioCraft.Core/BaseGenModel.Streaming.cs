using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AudioCraft.LanguageModel;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

// Sound while it is being made, and calls that do not hold up their thread.
public abstract partial class BaseGenModel
{
    /// <summary>Chunks of a sound that wait for the receiver before generation waits too.</summary>
    private const int ChunksAhead = 2;

    /// <summary>Makes a sound for each description, on another thread.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{string}, IProgress{GenerationProgress}, CancellationToken)"/>
    public Task<Tensor> GenerateAsync(
        IReadOnlyList<string> descriptions, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Generate(descriptions, progress, cancellationToken), cancellationToken);

    /// <summary>Makes a sound for one description, on another thread: [1, C, T] float.</summary>
    /// <inheritdoc cref="Generate(string, IProgress{GenerationProgress}, CancellationToken)"/>
    public Task<Tensor> GenerateAsync(string description, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(description);
        return GenerateAsync([description], progress, cancellationToken);
    }

    /// <summary>
    /// Makes a sound and gives it piece by piece while the rest is being made: the first piece when the frames that the codec needs for it are there
    /// (for the released codecs within 0.4 seconds' worth of tokens), the next ones about every <paramref name="chunkSeconds"/>.
    /// Joined, the pieces are what <see cref="Generate(string, IProgress{GenerationProgress}, CancellationToken)"/> gives with the same seed, up to float rounding.
    /// </summary>
    /// <param name="description">What to hear; an empty text leaves it to the model.</param>
    /// <param name="chunkSeconds">Sound in a piece after the first, in seconds, above 0.</param>
    /// <param name="progress">Told after each step, on another thread.</param>
    /// <param name="cancellationToken">Heeded between steps; leaving the enumeration cancels too.</param>
    /// <returns>Pieces of the sound. Generation stays at most a few of them ahead of the receiver, and holds the model meanwhile: other calls wait.</returns>
    /// <exception cref="ArgumentException">The duration cannot be made, or <paramref name="chunkSeconds"/> is not above 0.</exception>
    /// <exception cref="InvalidOperationException">The model's codec cannot decode piece by piece.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IAsyncEnumerable<AudioChunk> GenerateStreamingAsync(
        string description, double chunkSeconds = 0.2, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(description);
        return GenerateStreamingAsync([description], chunkSeconds, progress, cancellationToken);
    }

    /// <summary>
    /// Makes a sound for each description, all together as far as <see cref="MemoryLimit"/> allows, and gives them piece by piece while the rest is being made:
    /// <see cref="AudioChunk.Item"/> says whose a piece is. Each sound's pieces come in order and joined are what
    /// <see cref="Generate(IReadOnlyList{string}, IProgress{GenerationProgress}, CancellationToken)"/> gives with the same seed, up to float rounding.
    /// </summary>
    /// <param name="descriptions">What to hear, one text an item; an empty text leaves the item to the model.</param>
    /// <param name="chunkSeconds">Sound in a piece after the first of an item, in seconds, above 0.</param>
    /// <param name="progress">Told after each step, on another thread.</param>
    /// <param name="cancellationToken">Heeded between steps; leaving the enumeration cancels too.</param>
    /// <inheritdoc cref="GenerateStreamingAsync(string, double, IProgress{GenerationProgress}, CancellationToken)"/>
    public IAsyncEnumerable<AudioChunk> GenerateStreamingAsync(
        IReadOnlyList<string> descriptions, double chunkSeconds = 0.2, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckDescriptions(descriptions);
        if (!(chunkSeconds > 0) || double.IsInfinity(chunkSeconds))
        {
            throw new ArgumentOutOfRangeException(nameof(chunkSeconds), chunkSeconds, "Seconds above 0 are expected.");
        }

        return Stream([.. descriptions], Math.Max(1, (int)Math.Min(chunkSeconds * FrameRate, int.MaxValue)), progress, cancellationToken);
    }

    private async IAsyncEnumerable<AudioChunk> Stream(
        string[] descriptions, int framesPerChunk, IProgress<GenerationProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<AudioChunk>(new BoundedChannelOptions(ChunksAhead * descriptions.Length) { SingleReader = true, SingleWriter = true });
        var maker = Task.Run(() => MakeStream(descriptions, framesPerChunk, channel.Writer, progress, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var chunk in channel.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return chunk;
            }

            // The maker's exception, if it ended with one.
            await maker.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await maker.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            while (channel.Reader.TryRead(out var unread))
            {
                unread.Dispose();
            }
        }
    }

    private void MakeStream(
        string[] descriptions, int framesPerChunk, ChannelWriter<AudioChunk> writer, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                var generation = new WindowedGeneration(this, generationParams, promptFrames: 0);
                var draws = DrawSequence.ForItems(generationParams, descriptions);
                var conditions = TextConditionEncoder.Encode(LM, descriptions);
                var together = GenerationMemory.ItemsTogether(this, generation, descriptions.Length);
                var total = generation.TotalSteps * ((descriptions.Length + together - 1) / together);
                var step = 0;
                GenerationLog.Started(logger, Name, descriptions.Length, total);
                for (var from = 0; from < descriptions.Length; from += together)
                {
                    var count = Math.Min(together, descriptions.Length - from);
                    using var sound = new StreamedSound(
                        CompressionModel, framesPerChunk, from, chunk => Hand(chunk, writer, cancellationToken));
                    generation.Generate(
                        conditions.Rows(from, count), draws[from..(from + count)], null,
                        () => progress?.Report(new GenerationProgress(++step, total)), cancellationToken, sound.Add).Dispose();
                    sound.End();
                }
            }
        }
        finally
        {
            writer.Complete();
        }
    }

    // Waits until the receiver has room for it. A chunk that nobody takes any more is disposed of.
    private static void Hand(AudioChunk chunk, ChannelWriter<AudioChunk> writer, CancellationToken cancellationToken)
    {
        try
        {
            writer.WriteAsync(chunk, cancellationToken).AsTask().GetAwaiter().GetResult();
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
    }
}
