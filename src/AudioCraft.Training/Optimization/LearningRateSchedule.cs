namespace AudioCraft.Training;

/// <summary>The learning rate of each update (audiocraft/optim/*_lr_scheduler.py). The base class is a constant rate.</summary>
public record LearningRateSchedule
{
    /// <summary>A constant rate.</summary>
    public static LearningRateSchedule Constant { get; } = new();

    /// <summary>The rate of an update.</summary>
    /// <param name="update">Number of the update, from 0.</param>
    /// <param name="rate">The learning rate of the optimizer.</param>
    /// <exception cref="ArgumentException">A value of the schedule is out of range, or <paramref name="update"/> is negative.</exception>
    public double RateOf(long update, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(update);
        Validate();
        return Compute(update, rate);
    }

    /// <summary>The rate of an update.</summary>
    /// <param name="update">0 or more.</param>
    /// <param name="rate">The full rate.</param>
    protected virtual double Compute(long update, double rate) => rate;

    /// <summary>Checks the values of the schedule.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    protected virtual void Validate() { }

    /// <summary>Throws if a number of steps is below 0.</summary>
    private protected static void RequireSteps(long value, string name) => ArgumentOutOfRangeException.ThrowIfNegative(value, name);
}

/// <summary>Linear warm-up from <paramref name="InitialRate"/> to the full rate, then constant.</summary>
/// <param name="WarmupSteps">Updates until the full rate is reached, at least 0.</param>
/// <param name="InitialRate">Rate of the first update.</param>
public sealed record LinearWarmupSchedule(long WarmupSteps, double InitialRate = 0) : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Compute(long update, double rate) => Line(update, rate, WarmupSteps, InitialRate);

    /// <inheritdoc/>
    protected override void Validate() => RequireSteps(WarmupSteps, nameof(WarmupSteps));

    internal static double Line(long update, double rate, long steps, double initial) =>
        update < steps ? initial + (update * ((rate - initial) / steps)) : rate;
}

/// <summary>Linear warm-up, then half a cosine down to <paramref name="MinimumRatio"/> of the rate, then constant.</summary>
/// <param name="TotalSteps">Updates until the end of the cosine, more than <paramref name="WarmupSteps"/>.</param>
/// <param name="WarmupSteps">Updates until the full rate is reached, at least 0; the first update then has rate 0.</param>
/// <param name="MinimumRatio">Final share of the rate.</param>
/// <param name="CycleLength">Length of a half cosine as a share of the time, above 0: 1 ends low, 0.5 goes down and up again.</param>
public sealed record CosineSchedule(long TotalSteps, long WarmupSteps = 0, double MinimumRatio = 0, double CycleLength = 1) : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Compute(long update, double rate)
    {
        if (update < WarmupSteps)
        {
            return rate * update / WarmupSteps;
        }

        if (update > TotalSteps)
        {
            return rate * MinimumRatio;
        }

        var share = (double)(update - WarmupSteps) / (TotalSteps - WarmupSteps);
        return rate * (MinimumRatio + (0.5 * (1 - MinimumRatio) * (1 + Math.Cos(Math.PI * share / CycleLength))));
    }

    /// <inheritdoc/>
    protected override void Validate()
    {
        RequireSteps(WarmupSteps, nameof(WarmupSteps));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TotalSteps, WarmupSteps, nameof(TotalSteps));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(CycleLength, nameof(CycleLength));
    }
}

/// <summary>
/// Linear warm-up, then the inverse square root of the update number (Vaswani et al. 2017), counted from 1 as in upstream.
/// </summary>
/// <param name="WarmupSteps">Updates until the full rate is reached, at least 1.</param>
/// <param name="InitialRate">Rate at the start of the warm-up.</param>
public sealed record InverseSquareRootSchedule(long WarmupSteps, double InitialRate = 0) : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Compute(long update, double rate)
    {
        var time = update + 1;
        return time < WarmupSteps ? LinearWarmupSchedule.Line(time, rate, WarmupSteps, InitialRate) : rate * Math.Sqrt((double)WarmupSteps / time);
    }

    /// <inheritdoc/>
    protected override void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(WarmupSteps, 1, nameof(WarmupSteps));
}

/// <summary>Linear warm-up, then polynomial decay to <paramref name="FinalRate"/>, then constant.</summary>
/// <param name="TotalSteps">Updates until the end, more than the steps before the decay.</param>
/// <param name="WarmupSteps">Updates of the warm-up, at least 0.</param>
/// <param name="FinalRate">Rate at the end.</param>
/// <param name="ZeroSteps">Updates with rate 0 before the warm-up, at least 0.</param>
/// <param name="Power">The exponent.</param>
public sealed record PolynomialDecaySchedule(long TotalSteps, long WarmupSteps = 0, double FinalRate = 0, long ZeroSteps = 0, double Power = 1)
    : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Compute(long update, double rate)
    {
        var before = ZeroSteps + WarmupSteps;
        if (ZeroSteps > 0 && update <= ZeroSteps)
        {
            return 0;
        }

        if (WarmupSteps > 0 && update <= before)
        {
            return rate * (update - ZeroSteps) / WarmupSteps;
        }

        var left = 1 - ((double)(update - before) / (TotalSteps - before));
        return update >= TotalSteps ? FinalRate : ((rate - FinalRate) * Math.Pow(left, Power)) + FinalRate;
    }

    /// <inheritdoc/>
    protected override void Validate()
    {
        RequireSteps(WarmupSteps, nameof(WarmupSteps));
        RequireSteps(ZeroSteps, nameof(ZeroSteps));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TotalSteps, WarmupSteps + ZeroSteps, nameof(TotalSteps));
    }
}
