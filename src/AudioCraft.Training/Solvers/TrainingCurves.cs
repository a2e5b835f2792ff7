using System.Globalization;
using AudioCraft.Formats;
using SkiaSharp;

namespace AudioCraft.Training;

/// <summary>Draws the logs of a training: one panel per value, training as a line, validation as a line with dots.</summary>
public static class TrainingCurves
{
    private const int Columns = 3, Width = 400, Height = 240, Margin = 34;
    private static readonly SKColor Background = new(0xFF, 0xFF, 0xFF), Frame = new(0xD0, 0xD0, 0xD0), Ink = new(0x30, 0x30, 0x30);
    private static readonly SKColor TrainingColour = new(0x3B, 0x6F, 0xB6), ValidationColour = new(0xD9, 0x5F, 0x02);

    /// <summary>Draws the logs; values with fewer than two rows have no panel.</summary>
    /// <param name="path">The PNG file; an existing file is replaced.</param>
    /// <param name="training">The log of the training.</param>
    /// <param name="validation">The log of the validations.</param>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Draw(string path, TrainingLog training, TrainingLog validation)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(validation);
        var panels = training.Columns.Concat(validation.Columns).Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Training: training.Curve(name), Validation: validation.Curve(name)))
            .Where(p => p.Training.Count > 1 || p.Validation.Count > 1).ToList();
        if (panels.Count == 0)
        {
            return;
        }

        var rows = (panels.Count + Columns - 1) / Columns;
        using var bitmap = new SKBitmap(Columns * Width, rows * Height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(Background);
        for (var i = 0; i < panels.Count; i++)
        {
            canvas.Save();
            canvas.Translate(i % Columns * Width, i / Columns * Height);
            DrawPanel(canvas, panels[i].Name, panels[i].Training, panels[i].Validation);
            canvas.Restore();
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, stream => png.SaveTo(stream));
    }

    private static void DrawPanel(SKCanvas canvas, string name, IReadOnlyList<(long Step, double Value)> training, IReadOnlyList<(long Step, double Value)> validation)
    {
        var all = training.Concat(validation).Where(p => double.IsFinite(p.Value)).ToList();
        if (all.Count == 0)
        {
            return;
        }

        var (low, high) = Range(all.Select(p => p.Value));
        var last = Math.Max(1, all.Max(p => p.Step));
        SKPoint Place((long Step, double Value) p) => new(
            Margin + (float)((Width - (2 * Margin)) * p.Step / (double)last),
            Height - Margin - (float)((Height - (2 * Margin)) * (Math.Clamp(p.Value, low, high) - low) / (high - low)));

        using var paint = new SKPaint { Color = Frame, IsStroke = true, StrokeWidth = 1 };
        canvas.DrawRect(Margin, Margin, Width - (2 * Margin), Height - (2 * Margin), paint);
        paint.IsAntialias = true;
        DrawLine(canvas, training.Select(Place), paint, TrainingColour, 1);
        DrawLine(canvas, validation.Select(Place), paint, ValidationColour, 2);
        paint.IsStroke = false;
        foreach (var point in validation.Select(Place))
        {
            canvas.DrawCircle(point, 3, paint);
        }

        using var font = new SKFont(SKTypeface.Default, 12);
        paint.Color = Ink;
        var latest = validation.Count > 0 ? validation[^1].Value : training[^1].Value;
        canvas.DrawText($"{name}   {Text(latest)}", Margin, Margin - 8, SKTextAlign.Left, font, paint);
        canvas.DrawText(Text(high), 2, Margin + 10, SKTextAlign.Left, font, paint);
        canvas.DrawText(Text(low), 2, Height - Margin, SKTextAlign.Left, font, paint);
        canvas.DrawText($"step {last}", Width - Margin - 70, Height - Margin + 16, SKTextAlign.Left, font, paint);
    }

    private static void DrawLine(SKCanvas canvas, IEnumerable<SKPoint> points, SKPaint paint, SKColor color, float width)
    {
        paint.Color = color;
        paint.StrokeWidth = width;
        SKPoint? before = null;
        foreach (var point in points)
        {
            if (before is { } from)
            {
                canvas.DrawLine(from, point, paint);
            }

            before = point;
        }
    }

    /// <summary>The range of most values: the first steps of a training would otherwise dominate the scale.</summary>
    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var low = sorted[(int)(0.01 * (sorted.Count - 1))];
        var high = sorted[(int)Math.Ceiling(0.95 * (sorted.Count - 1))];
        var space = Math.Max((high - low) * 0.05, Math.Max(Math.Abs(high) * 1e-6, 1e-12));
        return (low - space, high + space);
    }

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
