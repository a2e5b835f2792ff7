using System.Globalization;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Pictures;

/// <summary>Draws spectrograms with time and frequency axes one above the other. Used by the tool and the recipes.</summary>
internal static class Spectrogram
{
    private const int Window = 1024, Bins = Window / 2 + 1, Narrowest = 800, Widest = 4096, ShortestHop = 16, UsualHop = 256;
    private const int Left = 64, Right = 28, Caption = 28, Axis = 34, Tick = 5, TimeLabelWidth = 90, FrequencyLabelHeight = 48;
    private const double FloorDecibels = -90;

    private static readonly Scalar Frequency = 2 * Math.PI / Window, FullScale = Window / 4.0, Least = 1e-9, Twenty = 20, MinusHalf = -0.5;

    private static readonly double[] TimeSteps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
    private static readonly double[] FrequencySteps = [100, 200, 250, 500, 1000, 2000, 4000, 5000, 10_000, 20_000, 50_000];

    /// <summary>Draws a PNG. The hop length depends on the duration, so that the width stays within limits.</summary>
    /// <param name="sampleRate">The sample rate in hertz.</param>
    /// <param name="sounds">Captions and audio [C, T] or [T]; the first channel is drawn.</param>
    public static byte[] Png(int sampleRate, params (string Title, Tensor Wav)[] sounds)
    {
        var longest = sounds.Max(s => s.Wav.size(-1));
        var hop = (int)Math.Max(Math.Clamp(longest / Narrowest, ShortestHop, UsualHop), longest / Widest);
        var spectra = sounds.Select(s => Decibels(s.Wav, hop)).ToList();
        var width = Math.Max(spectra.Max(s => s.Length / Bins), Narrowest / 2);
        const int height = Caption + Bins + Axis;
        using var bitmap = new SKBitmap(Left + width + Right, spectra.Count * height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.Black);
        for (var i = 0; i < spectra.Count; i++)
        {
            var top = (i * height) + Caption;
            DrawLevels(bitmap, spectra[i], top);
            LabelText.Draw(canvas, string.Concat(sounds[i].Title.Select(c => char.IsControl(c) ? ' ' : c)), Left, top - 9, SKTextAlign.Left, SKColors.White, width);
            DrawFrequencies(canvas, sampleRate, width, top);
            DrawTimes(canvas, sounds[i].Wav.size(-1) / (double)sampleRate, (double)sampleRate / hop, width, top + Bins);
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary><see cref="Png"/> into a file.</summary>
    public static void WritePng(string path, int sampleRate, params (string Title, Tensor Wav)[] sounds) => File.WriteAllBytes(path, Png(sampleRate, sounds));

    private static void DrawLevels(SKBitmap bitmap, float[] decibels, int top)
    {
        for (var frame = 0; frame < decibels.Length / Bins; frame++)
        {
            for (var bin = 0; bin < Bins; bin++)
            {
                bitmap.SetPixel(Left + frame, top + Bins - 1 - bin, Color(decibels[(frame * Bins) + bin]));
            }
        }
    }

    private static void DrawFrequencies(SKCanvas canvas, int sampleRate, int width, int top)
    {
        using var paint = new SKPaint { Color = SKColors.LightGray, IsAntialias = true };
        var highest = sampleRate / 2.0;
        var step = StepFor(FrequencySteps, highest * FrequencyLabelHeight / Bins);
        for (var hertz = 0.0; hertz <= highest + 1e-6; hertz += step)
        {
            var y = top + Bins - 1 - (float)(hertz / highest * (Bins - 1));
            canvas.DrawLine(Left - Tick, y + 0.5f, Left, y + 0.5f, paint);
            LabelText.Draw(canvas, FrequencyText(hertz), Left - Tick - 4, Math.Max(y + (LabelText.CapHeight / 2f), top + LabelText.CapHeight), SKTextAlign.Right, paint.Color);
        }

        canvas.DrawLine(Left - 0.5f, top, Left - 0.5f, top + Bins, paint);
        canvas.DrawLine(Left, top + Bins + 0.5f, Left + width, top + Bins + 0.5f, paint);
    }

    private static void DrawTimes(SKCanvas canvas, double seconds, double pixelsPerSecond, int width, int bottom)
    {
        using var paint = new SKPaint { Color = SKColors.LightGray, IsAntialias = true };
        var step = StepFor(TimeSteps, TimeLabelWidth / pixelsPerSecond);
        for (var index = 0; index * step <= seconds + 1e-6; index++)
        {
            var x = Left + (float)(index * step * pixelsPerSecond);
            canvas.DrawLine(x + 0.5f, bottom, x + 0.5f, bottom + Tick, paint);
            LabelText.Draw(canvas, TimeText(index * step), x, bottom + Tick + LabelText.CapHeight + 5, SKTextAlign.Center, paint.Color);
        }
    }

    /// <summary>The smallest step that leaves room for the labels.</summary>
    private static double StepFor(double[] steps, double atLeast) => steps.FirstOrDefault(step => step >= atLeast, Math.Max(atLeast, steps[^1]));

    private static string FrequencyText(double hertz) => hertz < 1000 ? string.Create(CultureInfo.InvariantCulture, $"{hertz:0} Hz") : string.Create(CultureInfo.InvariantCulture, $"{hertz / 1000:0.##} kHz");

    private static string TimeText(double seconds) => seconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.##} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60):0}:{seconds % 60:00} min");

    /// <summary>Magnitudes of the first channel in dB by frame, 0 for a full-scale sine. Frame i is centered on sample i * hop. The transform is two matrix products, which is fast enough here.</summary>
    private static float[] Decibels(Tensor wav, int hop)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sound = nn.functional.pad(wav.cpu().to(ScalarType.Float32).reshape(-1, wav.size(-1)).narrow(0, 0, 1), [Window / 2, Window / 2], PaddingModes.Constant, 0).squeeze(0);
        var time = tensor([.. Enumerable.Range(0, Window).Select(i => (float)i)]);
        var window = time.mul(Frequency).cos().mul(MinusHalf).add(Scalars.Half, Scalars.One);
        var angle = (time.unsqueeze(1) * time.narrow(0, 0, Bins).unsqueeze(0)).mul(Frequency);
        var frames = sound.unfold(0, Window, hop) * window;
        var (real, imaginary) = (frames.matmul(angle.cos()), frames.matmul(angle.sin()));
        var magnitude = (real * real).add(imaginary * imaginary, Scalars.One).sqrt().div(FullScale);
        return magnitude.add(Least, Scalars.One).log10().mul(Twenty).contiguous().data<float>().ToArray();
    }

    private static SKColor Color(float decibels)
    {
        var level = Math.Clamp(1 - decibels / FloorDecibels, 0, 1);
        return SKColor.FromHsv((float)(260 - 220 * level), (float)(90 - 40 * level), (float)(100 * Math.Sqrt(level)));
    }
}
