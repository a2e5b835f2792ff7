using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>Log-mel spectrograms: 40 bands from 30 Hz to 8 kHz, 80 frames a second, Hann windows of 64 ms.</summary>
internal sealed class LogMel : IDisposable
{
    public const int Bands = 40, FramesPerSecond = 80;
    private const double Low = 30, High = 8000;
    private readonly Tensor window, filters;
    private readonly int rate, size;

    /// <param name="rate">Sample rate in hertz.</param>
    public LogMel(int rate)
    {
        this.rate = rate;
        size = 1 << (int)Math.Round(Math.Log2(0.064 * rate));
        using var scope = NewDisposeScope();
        window = (hann_window(size) * (4.0 / size)).DetachFromDisposeScope();
        filters = MelFilterbank.Create((size / 2) + 1, Bands, rate, Low, High).DetachFromDisposeScope();
    }

    /// <summary>Center frequency of a band in hertz.</summary>
    public static double Center(int band) => MelScale.Space(Low, High, Bands + 2)[band + 1];

    /// <returns>Decibels, frame after frame: 0 for a sine of full scale, at least -100.</returns>
    public float[] Of(ReadOnlySpan<float> sound)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var frames = Math.Max(1, (int)((long)sound.Length * FramesPerSecond / rate));

        // The hop is a fraction of a sample at some rates, so frames are gathered rather than taken from torch.stft. The first is centered on sample 0.
        var starts = tensor([.. Enumerable.Range(0, frames).Select(f => (long)f * rate / FramesPerSecond)]);
        var padded = nn.functional.pad(tensor(sound.ToArray()), [size / 2, size]);
        var spectrum = fft.rfft(padded.take(starts.unsqueeze(1) + arange(size)) * window);
        var power = view_as_real(spectrum).square().sum(-1).matmul(filters);
        return ((power + 1e-10f).log10() * 10).data<float>().ToArray();
    }

    public void Dispose()
    {
        window.Dispose();
        filters.Dispose();
    }
}
