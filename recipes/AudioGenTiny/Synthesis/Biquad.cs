namespace AudioGenTiny.Recipe;

/// <summary>A second-order filter with its state, in the forms of R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients".</summary>
internal struct Biquad
{
    private float _b0, _b1, _b2, _a1, _a2, _s1, _s2;

    public static Biquad LowPass(double hertz, int rate, double q = 0.7071)
    {
        var (cos, alpha) = Angle(hertz, rate, q);
        return Normalized((1 - cos) / 2, 1 - cos, (1 - cos) / 2, cos, alpha);
    }

    public static Biquad HighPass(double hertz, int rate, double q = 0.7071)
    {
        var (cos, alpha) = Angle(hertz, rate, q);
        return Normalized((1 + cos) / 2, -1 - cos, (1 + cos) / 2, cos, alpha);
    }

    /// <summary>Gain 1 at the center.</summary>
    public static Biquad BandPass(double hertz, int rate, double q)
    {
        var (cos, alpha) = Angle(hertz, rate, q);
        return Normalized(alpha, 0, -alpha, cos, alpha);
    }

    public float Next(float x)
    {
        var y = _b0 * x + _s1;
        _s1 = _b1 * x - _a1 * y + _s2;
        _s2 = _b2 * x - _a2 * y;
        return y;
    }

    private static (double Cos, double Alpha) Angle(double hertz, int rate, double q)
    {
        var omega = 2 * Math.PI * Math.Min(hertz / rate, 0.49);
        return (Math.Cos(omega), Math.Sin(omega) / (2 * q));
    }

    private static Biquad Normalized(double b0, double b1, double b2, double cos, double alpha)
    {
        var a0 = 1 + alpha;
        return new Biquad { _b0 = (float)(b0 / a0), _b1 = (float)(b1 / a0), _b2 = (float)(b2 / a0), _a1 = (float)(-2 * cos / a0), _a2 = (float)((1 - alpha) / a0) };
    }
}
