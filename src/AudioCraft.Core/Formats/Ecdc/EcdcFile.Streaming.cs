using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <content>Audio of any length in chunks.</content>
public static partial class EcdcFile
{
    /// <summary>
    /// Encodes audio in chunks and writes a file, completely or not at all, with constant memory use. The bytes do not depend on the chunks:
    /// they are those of the complete audio.
    /// </summary>
    /// <remarks>
    /// About one second is encoded at a time, or one segment if the model has segments. A model that has no segments and does not support streaming
    /// (see <see cref="CompressionModel.CreateStreamingEncoder"/>) needs the complete audio in memory; that is not the case for the released models.
    /// </remarks>
    /// <param name="model">The codec.</param>
    /// <param name="chunks">
    /// The chunks in order at the model's sample rate: [n], [C, n] or [1, C, n] of any float type, finite, each with any n of at least 1. The channels are converted to those of the model.
    /// A chunk can be disposed or overwritten as soon as the next one is requested.
    /// </param>
    /// <param name="samples">The total number of samples per channel, at least 1. It is part of the header.</param>
    /// <param name="path">The file. An existing file is replaced.</param>
    /// <param name="options">The number of codebooks, the model's name, and the language model; null for the defaults.</param>
    /// <param name="progress">Receives the completed fraction, 0 to 1.</param>
    /// <param name="cancellationToken">Checked about every second of audio or between segments, and with a language model between steps.</param>
    /// <exception cref="ArgumentException">A chunk or an option is not as described, the chunks do not have <paramref name="samples"/> samples, or the model's cardinality is not a power of two.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Compress(
        EncodecModel model, IEnumerable<Tensor> chunks, long samples, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var coding = StreamingCoding(model, chunks, samples, options);
        AtomicFile.Write(path, stream => EcdcWriter.Write(coding, Counted(coding, chunks, samples), samples, stream, progress, cancellationToken));
    }

    /// <summary>
    /// Encodes audio in chunks and writes it at the position of a stream, front to back. The stream stays open. Data that was written before an error is not removed.
    /// </summary>
    /// <inheritdoc cref="Compress(EncodecModel, IEnumerable{Tensor}, long, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static void Compress(
        EncodecModel model, IEnumerable<Tensor> chunks, long samples, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        RequireWritable(stream);
        var coding = StreamingCoding(model, chunks, samples, options);
        EcdcWriter.Write(coding, Counted(coding, chunks, samples), samples, stream, progress, cancellationToken);
    }

    /// <summary>
    /// Reads and decodes a file in chunks while the result is enumerated, with constant memory use. Joined, the chunks equal the result of
    /// <see cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>.
    /// </summary>
    /// <remarks>
    /// Damage is detected where it is, after the chunks before it: only an enumeration that reaches the end has checked the complete file.
    /// Each enumeration opens the file and reads it from the start. A model that has no segments and does not support streaming needs the complete audio in memory.
    /// </remarks>
    /// <param name="model">The codec with which the file was written: see <see cref="ReadHeader(string)"/>, which also returns the length.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">The model's name, and the language model if the file needs it.</param>
    /// <param name="progress">Receives the fraction of the codes that have been read, 0 to 1.</param>
    /// <param name="cancellationToken">Checked between chunks, and with a language model between steps.</param>
    /// <returns>[C, n] float32 on the model's device in order, each about one second or one segment, at least one sample, at the model's sample rate. The caller owns them.</returns>
    /// <exception cref="AudioFormatException">While enumerating: the file is damaged, truncated or too long, was written with another codec, or does not match the probabilities of the language model.</exception>
    /// <exception cref="ArgumentException">The language model does not fit the codec.</exception>
    /// <exception cref="AudioCraftException">While enumerating: the file cannot be opened or read.</exception>
    public static IEnumerable<Tensor> DecompressStream(
        EncodecModel model, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadFile(new EcdcCoding(model, options ?? new EcdcOptions()), path, progress, cancellationToken);
    }

    /// <summary>
    /// Reads and decodes in chunks from the position that the stream has when the enumeration begins. The stream stays open after the last byte of the file, so that other data can follow.
    /// </summary>
    /// <inheritdoc cref="DecompressStream(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static IEnumerable<Tensor> DecompressStream(
        EncodecModel model, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var coding = new EcdcCoding(model, options ?? new EcdcOptions());
        return EcdcReader.Read(coding, Source(stream), progress, cancellationToken);
    }

    private static EcdcCoding StreamingCoding(EncodecModel model, IEnumerable<Tensor> chunks, long samples, EcdcOptions? options)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        return WritableCoding(model, options);
    }

    private static IEnumerable<Tensor> Counted(EcdcCoding coding, IEnumerable<Tensor> chunks, long samples)
    {
        var count = 0L;
        foreach (var chunk in chunks)
        {
            using var input = Prepare(coding, chunk, coding.Model.SampleRate);
            count += input.size(-1);
            if (count > samples)
            {
                throw new ArgumentException($"The number of samples was given as {samples}, but the chunks have at least {count}.", nameof(samples));
            }

            yield return input;
        }

        if (count < samples)
        {
            throw new ArgumentException($"The number of samples was given as {samples}, but the chunks have {count}.", nameof(samples));
        }
    }

    private static IEnumerable<Tensor> ReadFile(EcdcCoding coding, string path, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var stream = Reading(path, () => OpenFile(path));
        var source = Reading(path, () => new ByteSource(stream, $"'{path}'"));
        using var chunks = EcdcReader.Read(coding, source, progress, cancellationToken).GetEnumerator();
        while (Reading(path, chunks.MoveNext))
        {
            yield return chunks.Current;
        }

        if (source.Remaining is > 0 and var left)
        {
            throw source.Error($"{left} bytes follow the last segment: the file is damaged.");
        }
    }

    private static Tensor Join(IEnumerable<Tensor> chunks)
    {
        using var scope = NewDisposeScope();
        var all = chunks.ToList();
        return (all.Count == 1 ? all[0] : cat(all, -1)).MoveToOuterDisposeScope();
    }
}
