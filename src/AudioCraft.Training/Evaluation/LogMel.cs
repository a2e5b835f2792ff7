namespace AudioCraft.Training;

/// <summary>Levels in mel bands over time: 40 bands from 30 Hz to 8 kHz (or what the rate holds), 80 frames a second, windows of 64 ms.</summary>
internal sealed class LogMel
{
    public const int Bands = 40, FramesPerSecond = 80;
    private const double Low = 30, High = 8000;
    private readonly FourierTransform _transform;
    private readonly float[] _window;
    private readonly (int First, float[] Weights)[] _filters;
    private readonly int _rate;

    public LogMel(int rate)
    {
        _rate = rate;
        _transform = new FourierTransform(1 << (int)Math.Round(Math.Log2(0.064 * rate)));
        _window = [.. Enumerable.Range(0, _transform.Size).Select(i => (float)((0.5 - 0.5 * Math.Cos(2 * Math.PI * i / _transform.Size)) * 4 / _transform.Size))];
        _filters = [.. Enumerable.Range(0, Bands).Select(Filter)];
    }

    /// <summary>Centres of the bands in hertz.</summary>
    public static double Centre(int band) => Hertz(Position(band + 1));

    /// <returns>Decibels of frame after frame, 0 for a sine of full scale, not below -100.</returns>
    public float[] Of(ReadOnlySpan<float> sound)
    {
        var frames = Math.Max(1, (int)((long)sound.Length * FramesPerSecond / _rate));
        var levels = new float[frames * Bands];
        Span<float> frame = new float[_transform.Size];
        Span<float> power = new float[_transform.Size / 2 + 1];
        for (var f = 0; f < frames; f++)
        {
            var start = (int)((long)f * _rate / FramesPerSecond) - _transform.Size / 2;
            for (var i = 0; i < frame.Length; i++)
            {
                frame[i] = (uint)(start + i) < (uint)sound.Length ? sound[start + i] * _window[i] : 0;
            }

            _transform.Power(frame, power);
            for (var band = 0; band < Bands; band++)
            {
                var (first, weights) = _filters[band];
                var sum = 1e-10f;
                for (var i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * power[first + i];
                }

                levels[f * Bands + band] = 10 * MathF.Log10(sum);
            }
        }

        return levels;
    }

    /// <summary>A triangle between the centres of the neighbours; at least the nearest bin where the triangle is narrower than the bins' distance.</summary>
    private (int First, float[] Weights) Filter(int band)
    {
        var width = (double)_rate / _transform.Size;
        var (left, centre, right) = (Hertz(Position(band)), Centre(band), Hertz(Position(band + 2)));
        var (first, last) = ((int)Math.Ceiling(left / width), Math.Min((int)Math.Floor(right / width), _transform.Size / 2));
        if (last < first)
        {
            return (Math.Min((int)Math.Round(centre / width), _transform.Size / 2), [1]);
        }

        var weights = Enumerable.Range(first, last - first + 1).Select(bin => (float)Math.Max(0, Math.Min((bin * width - left) / (centre - left), (right - bin * width) / (right - centre)))).ToArray();
        if (weights.Sum() < 0.5f)
        {
            weights[Math.Clamp((int)Math.Round(centre / width) - first, 0, weights.Length - 1)] = 1;
        }

        return (first, weights);
    }

    private static double Position(int edge) => Mel(Low) + (Mel(High) - Mel(Low)) * edge / (Bands + 1);

    private static double Mel(double hertz) => 2595 * Math.Log10(1 + hertz / 700);

    private static double Hertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);
}
