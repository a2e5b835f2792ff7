using static TorchSharp.torch;

namespace AudioCraft;

public static partial class EcdcFile
{
    /// <summary><see cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. The model does nothing else meanwhile.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task CompressAsync(
        EncodecModel model, Tensor wav, int sampleRate, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default) =>
        Task.Run(() => Compress(model, wav, sampleRate, path, options, progress, ct), ct);

    /// <summary><see cref="Compress(EncodecModel, Tensor, int, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. The model does nothing else meanwhile.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task CompressAsync(
        EncodecModel model, Tensor wav, int sampleRate, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default) =>
        Task.Run(() => Compress(model, wav, sampleRate, stream, options, progress, ct), ct);

    /// <summary><see cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. The model does nothing else meanwhile.</summary>
    /// <inheritdoc cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task<(Tensor Wav, int SampleRate)> DecompressAsync(
        EncodecModel model, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default) =>
        Task.Run(() => Decompress(model, path, options, progress, ct), ct);

    /// <summary><see cref="Decompress(EncodecModel, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. The model does nothing else meanwhile.</summary>
    /// <inheritdoc cref="Decompress(EncodecModel, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task<(Tensor Wav, int SampleRate)> DecompressAsync(
        EncodecModel model, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default) =>
        Task.Run(() => Decompress(model, stream, options, progress, ct), ct);
}
