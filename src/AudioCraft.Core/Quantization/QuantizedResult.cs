using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>The result of a quantizer or of a whole codec.</summary>
/// <param name="X">The quantized latent sequence [B, D, F]; from a codec the reconstructed audio [B, C, T].</param>
/// <param name="Codes">[B, K, F], int64.</param>
/// <param name="Bandwidth">Kilobits a second, a scalar.</param>
/// <param name="Penalty">Commitment and regularization loss for training, a scalar; 0 in evaluation.</param>
/// <param name="Metrics">Further values for logs.</param>
public sealed record QuantizedResult(
    Tensor X, Tensor Codes, Tensor Bandwidth, Tensor? Penalty = null, IReadOnlyDictionary<string, Tensor>? Metrics = null) : IDisposable
{
    /// <summary>Releases the tensors.</summary>
    public void Dispose()
    {
        X.Dispose();
        Codes.Dispose();
        Bandwidth.Dispose();
        Penalty?.Dispose();
        foreach (var value in Metrics?.Values ?? [])
        {
            value.Dispose();
        }
    }
}
