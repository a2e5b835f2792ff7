using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace CompressAudio;

/// <summary>Spectrograms, one above the other, as a picture.</summary>
internal static class Spectrogram
{
    private const int Window = 1024, Hop = 256, Bins = Window / 2 + 1, Caption = 24;
    private const double FloorDecibels = -90;

    public static void WritePng(string path, int sampleRate, params (string Title, Tensor Wav)[] sounds)
    {
        var spectra = sounds.Select(s => Decibels(s.Wav)).ToList();
        var width = spectra.Max(s => s.Length / Bins);
        using var bitmap = new SKBitmap(width, spectra.Count * (Bins + Caption));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.Black);
        using var font = new SKFont(SKTypeface.Default, 14);
        using var paint = new SKPaint { Color = SKColors.White };
        for (var i = 0; i < spectra.Count; i++)
        {
            var top = i * (Bins + Caption);
            canvas.DrawText($"{sounds[i].Title}: 0 to {sampleRate / 2} Hz", 4, top + Caption - 7, font, paint);
            for (var frame = 0; frame < spectra[i].Length / Bins; frame++)
            {
                for (var bin = 0; bin < Bins; bin++)
                {
                    bitmap.SetPixel(frame, top + Caption + Bins - 1 - bin, Colour(spectra[i][frame * Bins + bin]));
                }
            }
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        png.SaveTo(file);
    }

    /// <summary>Magnitudes in dB of the first channel, frame after frame, 0 for a full-scale sine. The transform is two matrix products: short, and fast enough here.</summary>
    private static float[] Decibels(Tensor wav)
    {
        using var scope = NewDisposeScope();
        var sound = nn.functional.pad(wav.cpu().to(ScalarType.Float32).reshape(-1, wav.size(-1)).narrow(0, 0, 1), [0, Window], PaddingModes.Constant, 0).squeeze(0);
        var time = arange(Window, dtype: ScalarType.Float32);
        var window = (time * (2 * Math.PI / Window)).cos() * -0.5 + 0.5;
        var angle = time.unsqueeze(1) * arange(Bins, dtype: ScalarType.Float32).unsqueeze(0) * (2 * Math.PI / Window);
        var frames = sound.unfold(0, Window, Hop) * window;
        var (real, imaginary) = (frames.matmul(angle.cos()), frames.matmul(angle.sin()));
        var magnitude = (real * real + imaginary * imaginary).sqrt() / (Window / 4.0);
        return ((magnitude + 1e-9).log10() * 20).contiguous().data<float>().ToArray();
    }

    private static SKColor Colour(float decibels)
    {
        var level = Math.Clamp(1 - decibels / FloorDecibels, 0, 1);
        return SKColor.FromHsv((float)(260 - 220 * level), (float)(90 - 40 * level), (float)(100 * Math.Sqrt(level)));
    }
}
