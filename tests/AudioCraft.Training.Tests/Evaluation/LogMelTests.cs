namespace AudioCraft.Training.Tests.Evaluation;

public sealed class LogMelTests
{
    [Fact]
    public void The_transform_is_the_discrete_Fourier_transform()
    {
        const int Size = 64;
        var random = new SoundRandom(1, 1);
        var frame = Enumerable.Range(0, Size).Select(_ => random.Noise()).ToArray();
        var power = new float[Size / 2 + 1];
        new FourierTransform(Size).Power(frame, power);
        for (var bin = 0; bin <= Size / 2; bin++)
        {
            var (re, im) = (0.0, 0.0);
            for (var i = 0; i < Size; i++)
            {
                re += frame[i] * Math.Cos(2 * Math.PI * bin * i / Size);
                im -= frame[i] * Math.Sin(2 * Math.PI * bin * i / Size);
            }

            Assert.Equal(re * re + im * im, power[bin], 1e-3 * (1 + re * re + im * im));
        }
    }

    [Theory]
    [InlineData(16000)]
    [InlineData(48000)]
    public void A_sine_is_strongest_in_the_band_around_it_and_near_0_decibels(int rate)
    {
        var centre = LogMel.Centre(20);
        var sound = Enumerable.Range(0, rate).Select(i => (float)Math.Sin(2 * Math.PI * centre * i / rate)).ToArray();
        var levels = new LogMel(rate).Of(sound);
        Assert.Equal(LogMel.FramesPerSecond * LogMel.Bands, levels.Length);
        var frame = levels.AsSpan(40 * LogMel.Bands, LogMel.Bands).ToArray();
        Assert.Equal(20, Array.IndexOf(frame, frame.Max()));
        Assert.InRange(frame.Max(), -6, 4);
    }
}
