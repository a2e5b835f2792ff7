using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Pictures;

/// <summary>Draws spectrograms one above the other. Used by the tool and the samples.</summary>
internal static class Spectrogram
{
    private const int Window = 1024, Bins = Window / 2 + 1, Caption = 24, Narrowest = 800, Widest = 4096, ShortestHop = 16, UsualHop = 256;
    private const double FloorDecibels = -90;

    /// <summary>Draws a PNG. The hop length depends on the duration, so that the width stays within limits.</summary>
    /// <param name="sampleRate">The sample rate in hertz.</param>
    /// <param name="sounds">Captions and audio [C, T] or [T]; the first channel is drawn.</param>
    public static byte[] Png(int sampleRate, params (string Title, Tensor Wav)[] sounds)
    {
        var longest = sounds.Max(s => s.Wav.size(-1));
        var hop = (int)Math.Max(Math.Clamp(longest / Narrowest, ShortestHop, UsualHop), longest / Widest);
        var spectra = sounds.Select(s => Decibels(s.Wav, hop)).ToList();
        var width = spectra.Max(s => s.Length / Bins);
        using var bitmap = new SKBitmap(width, spectra.Count * (Bins + Caption));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.Black);
        using var font = new SKFont(SKTypeface.Default, 14);
        using var paint = new SKPaint { Color = SKColors.White };
        for (var i = 0; i < spectra.Count; i++)
        {
            var top = i * (Bins + Caption);
            canvas.DrawText($"{sounds[i].Title}: 0 to {sampleRate / 2} Hz", 4, top + Caption - 7, SKTextAlign.Left, font, paint);
            for (var frame = 0; frame < spectra[i].Length / Bins; frame++)
            {
                for (var bin = 0; bin < Bins; bin++)
                {
                    bitmap.SetPixel(frame, top + Caption + Bins - 1 - bin, Colour(spectra[i][frame * Bins + bin]));
                }
            }
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary><see cref="Png"/> into a file.</summary>
    public static void WritePng(string path, int sampleRate, params (string Title, Tensor Wav)[] sounds) => File.WriteAllBytes(path, Png(sampleRate, sounds));

    /// <summary>Magnitudes of the first channel in dB by frame, 0 for a full-scale sine. The transform is two matrix products, which is fast enough here.</summary>
    private static float[] Decibels(Tensor wav, int hop)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sound = nn.functional.pad(wav.cpu().to(ScalarType.Float32).reshape(-1, wav.size(-1)).narrow(0, 0, 1), [0, Window], PaddingModes.Constant, 0).squeeze(0);
        var time = arange(Window, dtype: ScalarType.Float32);
        var window = (time * (2 * Math.PI / Window)).cos() * -0.5 + 0.5;
        var angle = time.unsqueeze(1) * arange(Bins, dtype: ScalarType.Float32).unsqueeze(0) * (2 * Math.PI / Window);
        var frames = sound.unfold(0, Window, hop) * window;
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
