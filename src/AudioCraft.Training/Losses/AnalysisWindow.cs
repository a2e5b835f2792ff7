using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Windows of a Fourier transform; all are periodic, the default in PyTorch.</summary>
public enum AnalysisWindow
{
    /// <summary>(1 − cos) / 2.</summary>
    Hann,

    /// <summary>0.54 − 0.46 cos.</summary>
    Hamming,

    /// <summary>0.42 − 0.5 cos + 0.08 cos of twice the angle.</summary>
    Blackman,

    /// <summary>A triangle.</summary>
    Bartlett,
}

/// <summary>Computes windows.</summary>
internal static class AnalysisWindows
{
    /// <summary>[length], float32 on the CPU.</summary>
    public static Tensor Make(AnalysisWindow window, int length) => window switch
    {
        AnalysisWindow.Hann => hann_window(length, dtype: ScalarType.Float32),
        AnalysisWindow.Hamming => hamming_window(length, dtype: ScalarType.Float32),
        AnalysisWindow.Blackman => blackman_window(length, dtype: ScalarType.Float32),
        AnalysisWindow.Bartlett => bartlett_window(length, dtype: ScalarType.Float32),
        _ => throw new ArgumentOutOfRangeException(nameof(window), window, "Not a window."),
    };
}
