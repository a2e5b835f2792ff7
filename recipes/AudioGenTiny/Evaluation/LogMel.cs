using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>Log-mel spectrograms: 40 bands from 30 Hz to 8 kHz, 80 frames a second, Hann windows of 64 ms.</summary>
internal sealed class LogMel : IDisposable
{
    public const int Bands = 40, FramesPerSecond = 80;
    private const double Low = 30, High = 8000;
    private readonly Tensor window, filters, offsets;
    private readonly int rate, size;

    /// <param name="rate">Sample rate in hertz.</param>
    public LogMel(int rate)
    {
        this.rate = rate;
        size = 1 << (int)Math.Round(Math.Log2(0.064 * rate));
        using var scope = NewDisposeScope();
        using Scalar scale = 4.0 / size;
        window = hann_window(size).mul(scale).DetachFromDisposeScope();
        offsets = tensor([.. Enumerable.Range(0, size).Select(i => (long)i)]).DetachFromDisposeScope();
        filters = MelFilterbank.Create((size / 2) + 1, Bands, rate, Low, High).DetachFromDisposeScope();
    }

    /// <summary>Center frequency of a band in hertz.</summary>
    public static double Center(int band) => MelScale.Space(Low, High, Bands + 2)[band + 1];

    /// <returns>Decibels, frame after frame: 0 for a sine of full scale, at least -100.</returns>
    /// <remarks>
    /// Called on several threads, so without operators that create a temporary <c>Scalar</c>, which includes the sum of two tensors: a garbage collection that another
    /// thread triggers can free it during the native call.
    /// </remarks>
    public float[] Of(ReadOnlySpan<float> sound)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var frames = Math.Max(1, (int)((long)sound.Length * FramesPerSecond / rate));

        // The hop is a fraction of a sample at some rates, so frames are gathered rather than taken from torch.stft. The first is centered on sample 0.
        var padded = new float[(size / 2) + sound.Length + size];
        sound.CopyTo(padded.AsSpan(size / 2));
        var starts = tensor([.. Enumerable.Range(0, frames).Select(f => (long)f * rate / FramesPerSecond)]);
        var spectrum = view_as_real(fft.rfft(tensor(padded).take(starts.unsqueeze(1).add(offsets, Scalars.One)) * window));
        var levels = (spectrum * spectrum).sum(-1).matmul(filters).data<float>().ToArray();
        for (var i = 0; i < levels.Length; i++)
        {
            levels[i] = 10 * MathF.Log10(levels[i] + 1e-10f);
        }

        return levels;
    }

    public void Dispose()
    {
        window.Dispose();
        filters.Dispose();
        offsets.Dispose();
    }
}
