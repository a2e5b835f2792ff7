namespace TorchSharp;

/// <content>The methods of tensors in Tensor.Spectral.cs, as functions.</content>
public static partial class torch
{
    public static Tensor istft(Tensor input, long n_fft, long hop_length = -1L, long win_length = -1L, Tensor? window = null, bool center = true, bool normalized = false, bool? onesided = null, long length = -1L, bool return_complex = false) =>
        input.istft(n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex);
    public static Tensor stft(Tensor input, long n_fft, long hop_length = -1L, long win_length = -1L, Tensor? window = null, bool center = true, PaddingModes pad_mode = PaddingModes.Reflect, bool normalized = false, bool? onesided = null, bool? return_complex = null) =>
        input.stft(n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex);
}
