namespace AudioGenTiny.Recipe.Tests;

public sealed class LogMelTests
{
    [Theory]
    [InlineData(16000)]
    [InlineData(44100)]
    [InlineData(48000)]
    public void Sine_of_full_scale_is_near_0_decibels_in_its_band(int rate)
    {
        var center = LogMel.Center(20);
        var sine = Enumerable.Range(0, rate).Select(i => (float)Math.Sin(2 * Math.PI * center * i / rate)).ToArray();
        using var mel = new LogMel(rate);
        var levels = mel.Of(sine);
        Assert.Equal(LogMel.FramesPerSecond * LogMel.Bands, levels.Length);
        var frame = levels.AsSpan(40 * LogMel.Bands, LogMel.Bands).ToArray();
        Assert.Equal(20, Array.IndexOf(frame, frame.Max()));
        Assert.InRange(frame.Max(), -6, 4);
    }
}
