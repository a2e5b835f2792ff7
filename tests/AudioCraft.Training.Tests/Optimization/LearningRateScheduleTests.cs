namespace AudioCraft.Training.Tests.Optimization;

public class LearningRateScheduleTests
{
    [Fact]
    public void Without_a_schedule_the_rate_is_constant() => Assert.Equal(0.1, LearningRateSchedule.Constant.RateOf(12345, 0.1));

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(5, 0.5)]
    [InlineData(10, 1.0)]
    [InlineData(60, 0.55)]
    [InlineData(110, 0.1)]
    [InlineData(111, 0.1)]
    public void Cosine_warms_up_and_falls_to_its_minimum(long update, double expected) =>
        Assert.Equal(expected, new CosineSchedule(110, 10, 0.1).RateOf(update, 1.0), 12);

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(4, 0.5)]
    [InlineData(9, 1.0)]
    [InlineData(39, 0.5)]
    public void Inverse_square_root_counts_from_one(long update, double expected) =>
        Assert.Equal(expected, new InverseSquareRootSchedule(10).RateOf(update, 1.0), 12);

    [Theory]
    [InlineData(0, 0.2)]
    [InlineData(5, 0.6)]
    [InlineData(10, 1.0)]
    [InlineData(1000, 1.0)]
    public void Linear_warm_up_ends_at_the_full_rate(long update, double expected) =>
        Assert.Equal(expected, new LinearWarmupSchedule(10, 0.2).RateOf(update, 1.0), 12);

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(5, 0.0)]
    [InlineData(10, 0.5)]
    [InlineData(15, 1.0)]
    [InlineData(65, 0.325)]
    [InlineData(115, 0.1)]
    [InlineData(116, 0.1)]
    public void Polynomial_waits_warms_up_and_decays(long update, double expected) =>
        Assert.Equal(expected, new PolynomialDecaySchedule(115, 10, 0.1, ZeroSteps: 5, Power: 2).RateOf(update, 1.0), 12);

    [Fact]
    public void Values_out_of_range_are_rejected()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(10, 10).RateOf(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(10, -1).RateOf(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(10, 0, 0, 0).RateOf(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InverseSquareRootSchedule(0).RateOf(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearWarmupSchedule(-1).RateOf(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PolynomialDecaySchedule(10, 5, 0, 5).RateOf(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant.RateOf(-1, 1));
    }
}
