namespace AudioCraft.Hosting;

/// <summary>How far a request is.</summary>
/// <param name="Phase">Whether it waits or is being made.</param>
/// <param name="Position">Its place in the queue, 1 for the next; 0 once it is being made.</param>
/// <param name="Step">Steps of the language model that are done.</param>
/// <param name="TotalSteps">Steps in all; 0 while it waits.</param>
public readonly record struct SoundProgress(SoundPhase Phase, int Position, int Step, int TotalSteps)
{
    /// <summary>The share that is done, 0 to 1.</summary>
    public double Fraction => TotalSteps == 0 ? 0 : (double)Step / TotalSteps;
}
