using System.Threading.Channels;

namespace AudioCraft.Hosting;

/// <summary>A sound whose pieces are wanted as soon as they are made.</summary>
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

    protected override async ValueTask GiveAsync(SoundChunk chunk)
    {
        if (chunks.Writer.TryWrite(chunk))
        {
            return;
        }

        using var late = new CancellationTokenSource(options.ListenerTimeout, time);
        try
        {
            await chunks.Writer.WriteAsync(chunk, late.Token).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The request has ended meanwhile: nobody wants the piece.
        }
        catch (OperationCanceledException)
        {
            End(new SlowListenerException(options.StreamAhead, options.ListenerTimeout));
        }
    }

    protected override void Settle(Exception? error) => chunks.Writer.TryComplete(error);
}
