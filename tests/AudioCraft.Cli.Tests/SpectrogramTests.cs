using AudioCraft.Pictures;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Tests;

public sealed class SpectrogramTests
{
    private const int Left = 64, Caption = 28, Bins = 513;

    [Fact]
    public void Axes_have_ticks_and_labels_at_their_places()
    {
        using var scope = NewDisposeScope();
        using var picture = SKBitmap.Decode(Spectrogram.Png(16000, ("rain", zeros(1, 32000))));
        var white = Enumerable.Range(0, Caption + Bins).Where(y => picture.GetPixel(Left - 3, y).Red > 100).ToList();
        Assert.Equal(Enumerable.Range(0, 9).Select(kilohertz => Caption + Bins - 1 - (kilohertz * 64)).Order(), white);
        // Labels of frequencies on the left, of times below.
        foreach (var (left, top, width, height) in new[] { (0, Caption, Left - 8, 20), (0, Caption + Bins - 12, Left - 8, 20), (Left - 20, Caption + Bins + 8, 60, 20), (picture.Width - 60, Caption + Bins + 8, 60, 20) })
        {
            Assert.Contains(from x in Enumerable.Range(left, width) from y in Enumerable.Range(top, height) select picture.GetPixel(x, y).Red, red => red > 100);
        }
    }

    [Fact]
    public void Tone_and_click_are_drawn_at_their_frequency_and_time()
    {
        using var scope = NewDisposeScope();
        var wav = (arange(32000, dtype: ScalarType.Float32) * (2 * Math.PI * 4000 / 16000)).sin().unsqueeze(0) * 0.5;
        wav[.., 0..16000] = 0;
        using var picture = SKBitmap.Decode(Spectrogram.Png(16000, ("tone", wav)));
        var column = Left + (800 * 3 / 4);
        var brightest = Enumerable.Range(Caption, Bins).MaxBy(y => picture.GetPixel(column, y).Red + picture.GetPixel(column, y).Green);
        Assert.InRange(brightest, Caption + Bins - 1 - 257, Caption + Bins - 1 - 255);
        Assert.True(picture.GetPixel(Left + 375, brightest).Green < 60);
        Assert.True(picture.GetPixel(Left + 425, brightest).Green > 60);
    }

    [Fact]
    public void Titles_of_any_length_and_script_are_drawn_within_the_picture()
    {
        using var scope = NewDisposeScope();
        using var picture = SKBitmap.Decode(Spectrogram.Png(44100, (new string('x', 1000), zeros(2, 100)), ("नमस्ते 雨 🌧️\u0007\n", zeros(400))));
        Assert.Equal(2 * (Caption + Bins + 34), picture.Height);
        Assert.InRange(picture.Width, 400, 1000);
    }
}
