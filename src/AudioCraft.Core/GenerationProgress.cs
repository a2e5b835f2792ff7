namespace AudioCraft;

/// <summary>The progress of a generation. <see cref="Step"/> increases up to <see cref="TotalSteps"/>.</summary>
/// <param name="Step">Completed decoding steps.</param>
/// <param name="TotalSteps">All decoding steps, over every window of long audio.</param>
public readonly record struct GenerationProgress(int Step, int TotalSteps)
{
    /// <summary>The completed fraction, 0 to 1.</summary>
    public double Fraction => TotalSteps == 0 ? 1 : (double)Step / TotalSteps;
}
