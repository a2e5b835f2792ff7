using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>A sound to make.</summary>
internal abstract class GenerationJob(RequestTrace trace, SoundRequest request, IProgress<SoundProgress>? progress) : Job(trace)
{
    // Exact in JSON, too, whose readers may hold a number as a double.
    private const long Seeds = 1L << 53;
    private int place = int.MaxValue;

    public SoundRequest Request => request;

    public long Seed { get; } = request.Seed ?? Random.Shared.NextInt64(Seeds);

    /// <summary>Whether its pieces are wanted as soon as they are made.</summary>
    public abstract bool IsStream { get; }

    /// <summary>Whether a piece of the sound has been handed over.</summary>
    public bool HasSound { get; private set; }

    /// <summary>Hands over a piece of the sound. It waits where the listener has too much waiting already, and ends with the job at the latest.</summary>
    /// <param name="wav">[C, T] float.</param>
    /// <param name="model">The model that it is of.</param>
    /// <param name="startFrame">Samples of a channel that came before.</param>
    public ValueTask HandAsync(Tensor wav, SoundModelInfo model, long startFrame)
    {
        if (HasEnded)
        {
            return ValueTask.CompletedTask;
        }

        var samples = Sound.Interleaved(wav);
        HasSound = true;
        Trace.Handed((double)samples.Length / model.Channels / model.SampleRate, IsStream);
        return GiveAsync(new SoundChunk(samples, model.Channels, model.SampleRate, startFrame));
    }

    public override void Moved(int position)
    {
        // Told from several threads, of which some are late.
        if (position < place)
        {
            place = position;
            Report(new SoundProgress(SoundPhase.Waiting, position, 0, 0));
        }
    }

    /// <summary>A step of the model is done.</summary>
    public void Stepped(GenerationProgress step)
    {
        place = 0;
        Report(new SoundProgress(SoundPhase.Running, 0, step.Step, step.TotalSteps));
    }

    /// <summary>Gives it to the listener, as <see cref="HandAsync"/> says.</summary>
    protected abstract ValueTask GiveAsync(SoundChunk chunk);

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
            // The caller's code failed: that must not end the others' sounds, which are made in the same steps.
            End(error);
        }
    }
}
