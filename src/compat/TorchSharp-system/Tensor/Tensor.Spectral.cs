using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Fourier transforms of signals.</content>
    public partial class Tensor
    {
        /// <summary>The short-time Fourier transform: [batch,] samples → [batch,] frequencies, frames, complex by default.</summary>
        public Tensor stft(
            long n_fft, long hop_length = -1L, long win_length = -1L, Tensor? window = null, bool center = true,
            PaddingModes pad_mode = PaddingModes.Reflect, bool normalized = false, bool? onesided = null, bool? return_complex = null) =>
            Aten.StftCenter.Call(
                this, n_fft, Positive(hop_length), Positive(win_length), window, center, nn.functional.NameOf(pad_mode), normalized, onesided,
                return_complex);

        /// <summary>The inverse of <see cref="stft"/>.</summary>
        public Tensor istft(
            long n_fft, long hop_length = -1L, long win_length = -1L, Tensor? window = null, bool center = true, bool normalized = false,
            bool? onesided = null, long length = -1L, bool return_complex = false) =>
            Aten.Istft.Call(
                this, n_fft, Positive(hop_length), Positive(win_length), window, center, normalized, onesided, Positive(length), return_complex);

        private static long? Positive(long value) => value > 0 ? value : null;
    }
}
