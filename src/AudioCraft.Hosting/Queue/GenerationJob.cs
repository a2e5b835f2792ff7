using System.Threading.Channels;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>A request to generate audio.</summary>
internal abstract class GenerationJob(RequestTrace trace, SoundRequest request, IProgress<SoundProgress>? progress) : Job(trace)
{
    // Exact as a double, which readers of JSON may use for numbers.
    private const long Seeds = 1L << 53;
    private int lastPosition = int.MaxValue;

    public SoundRequest Request => request;

    public long Seed { get; } = request.Seed ?? Random.Shared.NextInt64(Seeds);

    /// <summary>Whether chunks are delivered while the rest is generated.</summary>
    public abstract bool IsStream { get; }

    /// <summary>Whether audio has been delivered.</summary>
    public bool HasAudio { get; private set; }

    /// <summary>Delivers audio. It waits while the buffer of a stream is full, at most until the job has ended.</summary>
    /// <param name="wav">[C, T] float.</param>
    /// <param name="model">The properties of the model.</param>
    /// <param name="startFrame">The number of samples per channel before this chunk.</param>
    public ValueTask DeliverAsync(Tensor wav, SoundModelInfo model, long startFrame)
    {
        if (HasEnded)
        {
            return ValueTask.CompletedTask;
        }

        var samples = Sound.Interleaved(wav);
        HasAudio = true;
        Trace.Delivered((double)samples.Length / model.Channels / model.SampleRate, IsStream);
        return WriteAsync(new SoundChunk(samples, model.Channels, model.SampleRate, startFrame));
    }

    public override void Moved(int position)
    {
        // Called from several threads: late calls are ignored.
        if (position < lastPosition)
        {
            lastPosition = position;
            Report(new SoundProgress(SoundPhase.Waiting, position, 0, 0));
        }
    }

    /// <summary>A decoding step is completed.</summary>
    public void Stepped(GenerationProgress step)
    {
        lastPosition = 0;
        Report(new SoundProgress(SoundPhase.Running, 0, step.Step, step.TotalSteps));
    }

    /// <summary>Writes a chunk for the caller, as described at <see cref="DeliverAsync"/>.</summary>
    protected abstract ValueTask WriteAsync(SoundChunk chunk);

    private void Report(SoundProgress value)
    {
        if (progress is null || HasEnded)
        {
            return;
        }

        try
        {
            progress.Report(value);
        }
        catch (Exception error)
        {
            // The caller's code failed: only its own request ends, not the others in the batch.
            End(error);
        }
    }
}

/// <summary>A request for complete audio.</summary>
internal sealed class WholeSoundJob(RequestTrace trace, SoundRequest request, IProgress<SoundProgress>? progress) : GenerationJob(trace, request, progress)
{
    private readonly TaskCompletionSource<Sound> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SoundChunk> chunks = [];

    public Task<Sound> Result => completion.Task;

    public override bool IsStream => false;

    protected override ValueTask WriteAsync(SoundChunk chunk)
    {
        chunks.Add(chunk);
        return ValueTask.CompletedTask;
    }

    protected override void Settle(Exception? error)
    {
        if (error is not null)
        {
            Completion.Fail(completion, error);
            return;
        }

        if (chunks is not [var first, ..])
        {
            completion.SetException(new AudioCraftException("The model generated no audio."));
            return;
        }

        completion.SetResult(new Sound([.. chunks.SelectMany(chunk => chunk.Samples)], first.Channels, first.SampleRate, Seed));
    }
}

/// <summary>A request for a stream.</summary>
internal sealed class StreamedSoundJob : GenerationJob
{
    private readonly AudioCraftOptions options;
    private readonly TimeProvider time;
    private readonly Channel<SoundChunk> chunks;

    public StreamedSoundJob(RequestTrace trace, SoundRequest request, IProgress<SoundProgress>? progress, AudioCraftOptions options, TimeProvider time)
        : base(trace, request, progress)
    {
        (this.options, this.time) = (options, time);
        var most = (int)Math.Clamp(Math.Ceiling(options.StreamAhead / options.ChunkSeconds), 1, int.MaxValue);
        chunks = Channel.CreateBounded<SoundChunk>(new BoundedChannelOptions(most) { SingleReader = true });
    }

    public override bool IsStream => true;

    public ChannelReader<SoundChunk> Chunks => chunks.Reader;

    protected override async ValueTask WriteAsync(SoundChunk chunk)
    {
        if (chunks.Writer.TryWrite(chunk))
        {
            return;
        }

        using var late = new CancellationTokenSource(options.ConsumerTimeout, time);
        try
        {
            await chunks.Writer.WriteAsync(chunk, late.Token).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The request has ended: the chunk is not needed.
        }
        catch (OperationCanceledException)
        {
            End(new SlowConsumerException(options.StreamAhead, options.ConsumerTimeout));
        }
    }

    protected override void Settle(Exception? error) => chunks.Writer.TryComplete(error);
}
