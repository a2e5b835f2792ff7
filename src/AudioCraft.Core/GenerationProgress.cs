namespace AudioCraft;

/// <summary>How far a generation is. <see cref="Step"/> only grows, and ends at <see cref="TotalSteps"/>.</summary>
/// <param name="Step">Steps of the language model that are done.</param>
/// <param name="TotalSteps">Steps in all, over every window of a long sound.</param>
public readonly record struct GenerationProgress(int Step, int TotalSteps)
{
    /// <summary>The share that is done, 0 to 1.</summary>
    public double Fraction => TotalSteps == 0 ? 1 : (double)Step / TotalSteps;
}
