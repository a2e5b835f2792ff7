using AudioCraft.Audio;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// <c>.ecdc</c> files: sound as the codes of an <see cref="EncodecModel"/>, in the format of facebookresearch/encodec (encodec/compress.py, encodec/binary.py).
/// </summary>
/// <remarks>
/// <para>Without a language model files are the same as upstream's, byte for byte, where the codes are.</para>
/// <para>
/// With one (<see cref="EcdcOptions.LanguageModel"/>) they are up to 40 % smaller (Défossez et al. 2022, section 3.3). Its probabilities are part of the format: a reader must compute exactly
/// those of the writer. This library computes them with its own arithmetic, which gives the same bits on every machine (<see cref="EncodecLanguageModel"/>). So a file that this library
/// wrote is read to the same codes on any processor and operating system, with any number of threads and any version of libtorch.
/// </para>
/// <para>
/// Two things are not the same everywhere. The encoder that turns sound into codes, and the decoder that turns codes into sound, run in libtorch: two machines may write different
/// files of the same sound, and the decoded samples may differ in their last bits. And Python's encodec computes the probabilities with libtorch, so it and this library in general
/// cannot read each other's files with a language model; files without one are interchangeable.
/// </para>
/// <para>
/// A reader with other probabilities notices it at the end of a segment, because the encoder's closing bits are not as expected (a wrong reading passes once in many
/// thousands of times), and refuses the file with an <see cref="AudioFormatException"/>.
/// </para>
/// <para>
/// Sound of any length: <see cref="Compress(EncodecModel, IEnumerable{Tensor}, long, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> takes it and
/// <see cref="DecompressStream(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> gives it in pieces, in memory that does not grow with it.
/// </para>
/// </remarks>
public static partial class EcdcFile
{
    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="model">The codec; it uses the codebooks in use (<see cref="CompressionModel.SetNumCodebooks"/>).</param>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type, finite, at least one sample. It is resampled and mixed to the model's rate and channels.</param>
    /// <param name="sampleRate">Its rate in hertz.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="options">The model's name, and the language model.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="ct">Cancels between segments, and with a language model between steps.</param>
    /// <exception cref="ArgumentException">The sound or an option is not as described, or the model's codebooks cannot be packed.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Compress(
        EncodecModel model, Tensor wav, int sampleRate, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var layout = WritableLayout(model, options);
        using var input = Prepare(layout, wav, sampleRate);
        AtomicFile.Write(path, stream => EcdcWriter.Write(layout, [input], input.size(-1), stream, progress, ct));
    }

    /// <summary>Writes at the position of a stream, front to back, and leaves it open. Otherwise as with a path.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static void Compress(
        EncodecModel model, Tensor wav, int sampleRate, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        RequireWritable(stream);
        var layout = WritableLayout(model, options);
        using var input = Prepare(layout, wav, sampleRate);
        EcdcWriter.Write(layout, [input], input.size(-1), stream, progress, ct);
    }

    /// <summary>The bytes of a file. Otherwise as with a path.</summary>
    /// <inheritdoc cref="Compress(EncodecModel, Tensor, int, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static byte[] CompressToArray(
        EncodecModel model, Tensor wav, int sampleRate, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        using var stream = new MemoryStream();
        Compress(model, wav, sampleRate, stream, options, progress, ct);
        return stream.ToArray();
    }

    /// <summary>Reads a file.</summary>
    /// <param name="model">The codec it was written with; <see cref="ReadHeader(string)"/> says which.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">The model's name, and the language model if the file needs it.</param>
    /// <param name="progress">Told the share of the codes that are read, 0 to 1.</param>
    /// <param name="ct">Cancels between segments, and with a language model between steps.</param>
    /// <returns>[C, T] float32 on the model's device, as long as what was written, which the caller owns; and the rate in hertz.</returns>
    /// <exception cref="AudioFormatException">The file is damaged, cut off or longer than it should be, is of another model, or is out of step with the language model.</exception>
    /// <exception cref="ArgumentException">The file needs a language model and none is given, or the one given does not fit the codec.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static (Tensor Wav, int SampleRate) Decompress(
        EncodecModel model, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        var layout = new EcdcLayout(model, options ?? new EcdcOptions());
        ArgumentException.ThrowIfNullOrEmpty(path);
        return (Join(ReadFile(layout, path, progress, ct)), model.SampleRate);
    }

    /// <summary>Reads from the position of a stream and leaves it open after the last byte, so that something else can follow. Otherwise as with a path.</summary>
    /// <inheritdoc cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static (Tensor Wav, int SampleRate) Decompress(
        EncodecModel model, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        var layout = new EcdcLayout(model, options ?? new EcdcOptions());
        return (Join(EcdcReader.Read(layout, Source(stream), progress, ct)), model.SampleRate);
    }

    /// <summary>Reads the header of a file alone.</summary>
    /// <exception cref="AudioFormatException">It is damaged, cut off, or of another format or version.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read.</exception>
    public static EcdcHeader ReadHeader(string path) => Open(path, EcdcHeader.Read);

    /// <summary>Reads the header at the position of a stream, and leaves the stream open behind it.</summary>
    /// <exception cref="AudioFormatException">It is damaged, cut off, or of another format or version.</exception>
    public static EcdcHeader ReadHeader(Stream stream) => EcdcHeader.Read(Source(stream));

    private static EcdcLayout WritableLayout(EncodecModel model, EcdcOptions? options)
    {
        var layout = new EcdcLayout(model, options ?? new EcdcOptions());
        return layout.Name is not null
            ? layout
            : throw new ArgumentException(
                $"A model of {model.Channels} channels at {model.SampleRate} Hz has no name in the format: give one in {nameof(EcdcOptions)}.{nameof(EcdcOptions.ModelName)}.", nameof(options));
    }

    private static void RequireWritable(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written to.", nameof(stream));
        }
    }

    /// <summary>[1, C, T] as the model takes it.</summary>
    private static Tensor Prepare(EcdcLayout layout, Tensor wav, int sampleRate)
    {
        using var scope = NewDisposeScope();
        var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        var converted = AudioConversion.Convert(plain, sampleRate, layout.Model.SampleRate, layout.Model.Channels);
        return converted.size(-1) > 0
            ? converted.to(layout.Model.Quantizer.ElementType, layout.Device).unsqueeze(0).MoveToOuterDisposeScope()
            : throw new ArgumentException($"The sound has {plain.size(-1)} samples at {sampleRate} Hz, which leaves none at {layout.Model.SampleRate} Hz.", nameof(wav));
    }

    private static ByteSource Source(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanRead ? new ByteSource(stream, "the stream") : throw new ArgumentException("The stream cannot be read.", nameof(stream));
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
