namespace AudioCraft.Hosting;

/// <summary>A sound that is wanted all at once.</summary>
internal sealed class WholeSoundJob(RequestTrace trace, SoundRequest request, IProgress<SoundProgress>? progress) : GenerationJob(trace, request, progress)
{
    private readonly TaskCompletionSource<Sound> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SoundChunk> chunks = [];

    public Task<Sound> Result => completion.Task;

    public override bool IsStream => false;

    protected override ValueTask GiveAsync(SoundChunk chunk)
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
            completion.SetException(new AudioCraftException("The model made no sound."));
            return;
        }

        completion.SetResult(new Sound([.. chunks.SelectMany(chunk => chunk.Samples)], first.Channels, first.SampleRate, Seed));
    }
}
