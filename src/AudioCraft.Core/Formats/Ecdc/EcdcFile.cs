using AudioCraft.Audio;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Reads and writes <c>.ecdc</c> files: audio as codes of an <see cref="EncodecModel"/>, in the format of facebookresearch/encodec (encodec/compress.py, encodec/binary.py).
/// </summary>
/// <remarks>
/// <para>Without a language model, files of the same codes are identical to upstream's, byte for byte.</para>
/// <para>
/// With a language model (<see cref="EcdcOptions.LanguageModel"/>) they are up to 40 % smaller (Défossez et al. 2022, section 3.3). Its probabilities are part of the format: a reader must compute exactly
/// those of the writer. This library computes them with its own arithmetic, which gives the same bits on every machine (<see cref="EncodecLanguageModel"/>). A file that this library
/// wrote gives the same codes on any processor and operating system, with any number of threads and any version of libtorch.
/// </para>
/// <para>
/// Two things can differ. The encoder and the decoder of the codec run in libtorch: two machines may write different files of the same audio, and the decoded samples may differ in
/// their last bits. And Python's encodec computes the probabilities with libtorch, so it and this library in general cannot read each other's files with a language model; files without
/// one are interchangeable.
/// </para>
/// <para>
/// A reader with different probabilities detects that at the end of a segment from the encoder's final bits (a false match occurs once in many thousand files), and throws an
/// <see cref="AudioFormatException"/>.
/// </para>
/// <para>
/// For audio of any length, <see cref="Compress(EncodecModel, IEnumerable{Tensor}, long, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> takes chunks and
/// <see cref="DecompressStream(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> returns chunks, with constant memory use.
/// </para>
/// </remarks>
public static partial class EcdcFile
{
    /// <summary>Encodes audio and writes a file, completely or not at all.</summary>
    /// <param name="model">The codec.</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type, finite, at least one sample. It is converted to the model's sample rate and channels.</param>
    /// <param name="sampleRate">The sample rate in hertz.</param>
    /// <param name="path">The file. An existing file is replaced.</param>
    /// <param name="options">The number of codebooks, the model's name, and the language model; null for the defaults.</param>
    /// <param name="progress">Receives the completed fraction, 0 to 1.</param>
    /// <param name="cancellationToken">Checked between segments, and with a language model between steps.</param>
    /// <exception cref="ArgumentException">The audio or an option is not as described, or the model's cardinality is not a power of two.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Compress(
        EncodecModel model, Tensor wav, int sampleRate, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var coding = WritableCoding(model, options);
        using var input = Prepare(coding, wav, sampleRate);
        AtomicFile.Write(path, stream => EcdcWriter.Write(coding, [input], input.size(-1), stream, progress, cancellationToken));
    }

    /// <summary>Encodes audio and writes it at the position of a stream, front to back. The stream stays open.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static void Compress(
        EncodecModel model, Tensor wav, int sampleRate, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        RequireWritable(stream);
        var coding = WritableCoding(model, options);
        using var input = Prepare(coding, wav, sampleRate);
        EcdcWriter.Write(coding, [input], input.size(-1), stream, progress, cancellationToken);
    }

    /// <summary>Encodes audio and returns the bytes of the file.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static byte[] CompressToArray(
        EncodecModel model, Tensor wav, int sampleRate, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        using var stream = new MemoryStream();
        Compress(model, wav, sampleRate, stream, options, progress, cancellationToken);
        return stream.ToArray();
    }

    /// <summary>Reads and decodes a file.</summary>
    /// <param name="model">The codec with which the file was written: see <see cref="ReadHeader(string)"/>.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">The model's name, and the language model if the file needs it.</param>
    /// <param name="progress">Receives the fraction of the codes that have been read, 0 to 1.</param>
    /// <param name="cancellationToken">Checked between segments, and with a language model between steps.</param>
    /// <returns>[C, T] float32 on the model's device with the length of the original, owned by the caller; and the sample rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The file is damaged, truncated or too long, was written with another codec, or does not match the probabilities of the language model.</exception>
    /// <exception cref="ArgumentException">The language model does not fit the codec.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static (Tensor Wav, int SampleRate) Decompress(
        EncodecModel model, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var coding = new EcdcCoding(model, options ?? new EcdcOptions());
        ArgumentException.ThrowIfNullOrEmpty(path);
        return (Join(ReadFile(coding, path, progress, cancellationToken)), model.SampleRate);
    }

    /// <summary>Reads and decodes from the position of a stream. The stream stays open, positioned after the last byte of the file, so that other data can follow.</summary>
    /// <inheritdoc cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static (Tensor Wav, int SampleRate) Decompress(
        EncodecModel model, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var coding = new EcdcCoding(model, options ?? new EcdcOptions());
        return (Join(EcdcReader.Read(coding, Source(stream), progress, cancellationToken)), model.SampleRate);
    }

    /// <summary><see cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. Do not use the model meanwhile.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task CompressAsync(
        EncodecModel model, Tensor wav, int sampleRate, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Compress(model, wav, sampleRate, path, options, progress, cancellationToken), cancellationToken);

    /// <summary><see cref="Compress(EncodecModel, Tensor, int, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. Do not use the model meanwhile.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task CompressAsync(
        EncodecModel model, Tensor wav, int sampleRate, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Compress(model, wav, sampleRate, stream, options, progress, cancellationToken), cancellationToken);

    /// <summary><see cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. Do not use the model meanwhile.</summary>
    /// <inheritdoc cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task<(Tensor Wav, int SampleRate)> DecompressAsync(
        EncodecModel model, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Decompress(model, path, options, progress, cancellationToken), cancellationToken);

    /// <summary><see cref="Decompress(EncodecModel, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/> on a thread of the pool. Do not use the model meanwhile.</summary>
    /// <inheritdoc cref="Decompress(EncodecModel, Stream, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static Task<(Tensor Wav, int SampleRate)> DecompressAsync(
        EncodecModel model, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Decompress(model, stream, options, progress, cancellationToken), cancellationToken);

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="AudioFormatException">The header is damaged, truncated, or of another format or version.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static EcdcHeader ReadHeader(string path) => Open(path, EcdcHeader.Read);

    /// <summary>Reads the header at the position of a stream. The stream stays open, positioned after the header.</summary>
    /// <exception cref="AudioFormatException">The header is damaged, truncated, or of another format or version.</exception>
    public static EcdcHeader ReadHeader(Stream stream) => EcdcHeader.Read(Source(stream));

    /// <summary>
    /// The name that <c>Compress</c> writes for a model unless <see cref="EcdcOptions.ModelName"/> is set: <c>encodec_24khz</c> for 24 kHz mono and <c>encodec_48khz</c> for 48 kHz stereo,
    /// as upstream; otherwise <see cref="CompressionModel.PretrainedName"/>, of a path only the last part, with hyphens in place of characters that the format does not support.
    /// Null if the model has no name.
    /// </summary>
    public static string? ModelNameOf(EncodecModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return EcdcCoding.NameOf(model);
    }

    private static EcdcCoding WritableCoding(EncodecModel model, EcdcOptions? options)
    {
        var coding = new EcdcCoding(model, options ?? new EcdcOptions());
        return coding.NameToWrite is not null
            ? coding
            : throw new ArgumentException(
                $"The model was not loaded by name, and upstream has no name for {model.Channels} channels at {model.SampleRate} Hz: set {nameof(EcdcOptions)}.{nameof(EcdcOptions.ModelName)}.", nameof(options));
    }

    private static void RequireWritable(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream is not writable.", nameof(stream));
        }
    }

    /// <summary>Converts audio to the model's input [1, C, T].</summary>
    private static Tensor Prepare(EcdcCoding coding, Tensor wav, int sampleRate)
    {
        using var scope = NewDisposeScope();
        var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        var converted = AudioConversion.Convert(plain, sampleRate, coding.Model.SampleRate, coding.Model.Channels);
        return converted.size(-1) > 0
            ? converted.to(coding.Model.Quantizer.ElementType, coding.Device).unsqueeze(0).MoveToOuterDisposeScope()
            : throw new ArgumentException($"The audio has {plain.size(-1)} samples at {sampleRate} Hz, which is less than one sample at {coding.Model.SampleRate} Hz.", nameof(wav));
    }

    private static ByteSource Source(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanRead ? new ByteSource(stream, "the stream") : throw new ArgumentException("The stream is not readable.", nameof(stream));
    }

    private static T Open<T>(string path, Func<ByteSource, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Reading(path, () =>
        {
            using var stream = OpenFile(path);
            return read(new ByteSource(stream, $"'{path}'"));
        });
    }

    private static FileStream OpenFile(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read);

    private static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>Options for writing and reading <c>.ecdc</c> files.</summary>
public sealed record EcdcOptions
{
    /// <summary>
    /// The model's name in the file: 1 to 64 letters, digits, dots, hyphens, underscores and slashes. Null for <see cref="EcdcFile.ModelNameOf"/>, which must not be null when writing.
    /// Reading a file with another name fails. If this is null, only codecs of 24 kHz mono and 48 kHz stereo check the name.
    /// </summary>
    public string? ModelName { get; init; }

    /// <summary>
    /// The number of codebooks to write, 1 to <see cref="CompressionModel.TotalCodebooks"/>; null for the model's <see cref="CompressionModel.NumCodebooks"/>. Reading uses the number in the file.
    /// </summary>
    public int? Codebooks { get; init; }

    /// <summary>
    /// The language model of the codec, or null. Files that are written with one are smaller and slower to write, and reading them needs the same one.
    /// It is not disposed.
    /// </summary>
    public EncodecLanguageModel? LanguageModel { get; init; }
}
