using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

// Sound of any length, piece by piece.
public static partial class EcdcFile
{
    /// <summary>
    /// Writes a file of sound that comes in pieces, whole or not at all, in memory that does not grow with the sound. The bytes are those that the whole sound at once
    /// gives, however it is cut.
    /// </summary>
    /// <remarks>
    /// About a second is coded at a time, or a segment of a model that has them. Only a model that cannot stream (see <see cref="CompressionModel.CreateStreamingEncoder"/>)
    /// and has no segments still takes the whole sound into memory; neither of the released ones is such.
    /// </remarks>
    /// <param name="model">The codec; it uses the codebooks in use (<see cref="CompressionModel.SetNumCodebooks"/>).</param>
    /// <param name="pieces">
    /// The sound in order at the model's rate: [n], [C, n] or [1, C, n] of any float type, finite, n at least 1 and as it may be. Mixed to the model's channels.
    /// Its producer may dispose or overwrite a piece when the next one is asked for.
    /// </param>
    /// <param name="samples">Samples of all pieces together, at least 1: the file begins with it.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="options">The model's name, and the language model.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="ct">Cancels between pieces of about a second or segments, and with a language model between steps.</param>
    /// <exception cref="ArgumentException">A piece or an option is not as described, the pieces have more or fewer samples than was said, or the model's codebooks cannot be packed.</exception>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Compress(
        EncodecModel model, IEnumerable<Tensor> pieces, long samples, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var layout = PiecesLayout(model, pieces, samples, options);
        AtomicFile.Write(path, stream => EcdcWriter.Write(layout, Counted(layout, pieces, samples), samples, stream, progress, ct));
    }

    /// <summary>
    /// Writes sound that comes in pieces at the position of a stream, front to back, and leaves it open. What was written before an error stays written. Otherwise as with a path.
    /// </summary>
    /// <inheritdoc cref="Compress(EncodecModel, IEnumerable{Tensor}, long, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static void Compress(
        EncodecModel model, IEnumerable<Tensor> pieces, long samples, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        RequireWritable(stream);
        var layout = PiecesLayout(model, pieces, samples, options);
        EcdcWriter.Write(layout, Counted(layout, pieces, samples), samples, stream, progress, ct);
    }

    /// <summary>
    /// Reads a file piece by piece while the result is enumerated, in memory that does not grow with the sound. Together the pieces are what
    /// <see cref="Decompress(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/> gives.
    /// </summary>
    /// <remarks>
    /// Damage is met where it is: pieces before it may have been given by then, and only an enumeration that reaches its end says that the file is whole.
    /// Each enumeration opens the file and reads it from the start. A model that cannot stream and has no segments takes the whole sound into memory.
    /// </remarks>
    /// <param name="model">The codec it was written with; <see cref="ReadHeader(string)"/> says which, and how long the sound is.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">The model's name, and the language model if the file needs it.</param>
    /// <param name="progress">Told the share of the codes that are read, 0 to 1.</param>
    /// <param name="ct">Cancels between pieces, and with a language model between steps.</param>
    /// <returns>[C, n] float32 on the model's device in order, n at least 1 and about a second or a segment, at the model's rate. The caller owns each.</returns>
    /// <exception cref="AudioFormatException">While enumerating: the file is damaged, cut off or longer than it should be, is of another model, or is out of step with the language model.</exception>
    /// <exception cref="ArgumentException">The language model does not fit the codec; while enumerating: the file needs one and none is given.</exception>
    /// <exception cref="AudioCraftException">While enumerating: the file cannot be opened or read.</exception>
    public static IEnumerable<Tensor> DecompressStream(
        EncodecModel model, string path, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadFile(new EcdcLayout(model, options ?? new EcdcOptions()), path, progress, ct);
    }

    /// <summary>
    /// Reads from the position that a stream has when the enumeration begins, and leaves it open after the last byte, so that something else can follow. Otherwise as with a path.
    /// </summary>
    /// <inheritdoc cref="DecompressStream(EncodecModel, string, EcdcOptions?, IProgress{double}?, CancellationToken)"/>
    public static IEnumerable<Tensor> DecompressStream(
        EncodecModel model, Stream stream, EcdcOptions? options = null, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        var layout = new EcdcLayout(model, options ?? new EcdcOptions());
        return EcdcReader.Read(layout, Source(stream), progress, ct);
    }

    private static EcdcLayout PiecesLayout(EncodecModel model, IEnumerable<Tensor> pieces, long samples, EcdcOptions? options)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        return WritableLayout(model, options);
    }

    private static IEnumerable<Tensor> Counted(EcdcLayout layout, IEnumerable<Tensor> pieces, long samples)
    {
        var came = 0L;
        foreach (var piece in pieces)
        {
            using var input = Prepare(layout, piece, layout.Model.SampleRate);
            came += input.size(-1);
            if (came > samples)
            {
                throw new ArgumentException($"{samples} samples were announced, but the pieces have at least {came}.", nameof(samples));
            }

            yield return input;
        }

        if (came < samples)
        {
            throw new ArgumentException($"{samples} samples were announced, but the pieces have {came}.", nameof(samples));
        }
    }

    private static IEnumerable<Tensor> ReadFile(EcdcLayout layout, string path, IProgress<double>? progress, CancellationToken ct)
    {
        using var stream = Reading(path, () => OpenFile(path));
        var source = Reading(path, () => new ByteSource(stream, $"'{path}'"));
        using var pieces = EcdcReader.Read(layout, source, progress, ct).GetEnumerator();
        while (Reading(path, pieces.MoveNext))
        {
            yield return pieces.Current;
        }

        if (source.Remaining is > 0 and var left)
        {
            throw source.Error($"{left} bytes follow the last segment: the file is damaged, or its header is.");
        }
    }

    private static Tensor Join(IEnumerable<Tensor> pieces)
    {
        using var scope = NewDisposeScope();
        var all = pieces.ToList();
        return (all.Count == 1 ? all[0] : cat(all, -1)).MoveToOuterDisposeScope();
    }
}
