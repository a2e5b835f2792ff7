using AudioCraft.Audio;
using AudioCraft.Checkpoints;
using AudioCraft.Formats;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// The contents of a <c>.dac</c> file (descript-audio-codec, dac/model/base.py): the codes of a <see cref="DacModel"/> and the metadata to restore the original
/// length, sample rate, channels and loudness. <see cref="DacCompressor"/> encodes and decodes them.
/// </summary>
public sealed class DacFile
{
    /// <summary>The version of the format that is read and written, the only one.</summary>
    public const string Version = "1.0.0";

    private const long MostSamples = 1L << 40;

    private readonly ushort[] codes;

    /// <summary>Creates a file from its parts.</summary>
    /// <param name="codes">int64 [B·C, K, F], each 0 to 65535; it is copied.</param>
    /// <param name="channels">C, the number of channels, 1 to 1024.</param>
    /// <param name="sampleRate">The original sample rate in hertz, 1 to 1,000,000.</param>
    /// <param name="originalLength">The original number of samples per channel, at least 1.</param>
    /// <param name="chunkLength">The number of frames per window, at least 1.</param>
    /// <param name="padded">Whether the audio was encoded with padding: true for all at once, false for windows.</param>
    /// <param name="inputLoudness">The original loudness of each of the B items in LUFS.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public DacFile(Tensor codes, int channels, int sampleRate, long originalLength, int chunkLength, bool padded, IReadOnlyList<float> inputLoudness)
    {
        TensorChecks.Codes(codes, nameof(codes), int.MaxValue, 1 << 16);
        ArgumentNullException.ThrowIfNull(inputLoudness);
        using var plain = codes.to(ScalarType.Int64, CPU);
        using var row = plain.contiguous();
        this.codes = [.. row.data<long>().Select(c => (ushort)c)];
        (Items, Codebooks, Frames) = ((int)codes.size(0), (int)codes.size(1), (int)codes.size(2));
        (Channels, SampleRate, OriginalLength, ChunkLength, Padded, InputLoudness) = (channels, sampleRate, originalLength, chunkLength, padded, [.. inputLoudness]);
        if (Fault() is { } fault)
        {
            throw new ArgumentException($"The values do not form a .dac file: {fault}.");
        }
    }

    private DacFile(ushort[] codes, IReadOnlyList<int> shape, PickleDict metadata, string name)
    {
        this.codes = codes;
        (Items, Codebooks, Frames) = (shape[0], shape[1], shape[2]);
        Channels = (int)Integer(metadata, "channels", int.MaxValue, name);
        SampleRate = (int)Integer(metadata, "sample_rate", int.MaxValue, name);
        OriginalLength = Integer(metadata, "original_length", long.MaxValue, name);
        ChunkLength = (int)Integer(metadata, "chunk_length", int.MaxValue, name);
        Padded = metadata.TryGetValue("padding", out var padding) && padding is bool flag ? flag : throw Missing("padding", name);
        InputLoudness = ReadLoudness(metadata, name);
        if (Fault() is { } fault)
        {
            throw new AudioFormatException($"{name}: {fault}.");
        }
    }

    /// <summary>B·C, the number of channels of all items: each is coded on its own.</summary>
    public int Items { get; }

    /// <summary>K, the number of codebooks.</summary>
    public int Codebooks { get; }

    /// <summary>F, the number of frames.</summary>
    public int Frames { get; }

    /// <summary>C, the number of channels of an item.</summary>
    public int Channels { get; }

    /// <summary>The original sample rate in hertz.</summary>
    public int SampleRate { get; }

    /// <summary>The original number of samples per channel.</summary>
    public long OriginalLength { get; }

    /// <summary>The number of frames per window.</summary>
    public int ChunkLength { get; }

    /// <summary>Whether the audio was encoded with padding.</summary>
    public bool Padded { get; }

    /// <summary>The original loudness of each item in LUFS, at least −70.</summary>
    public IReadOnlyList<float> InputLoudness { get; }

    /// <summary>Reads a file. Its pickle is read as data: no code is run.</summary>
    /// <exception cref="AudioFormatException">The file cannot be opened, is damaged, or is not a .dac file.</exception>
    public static DacFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioFormatException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a file from the position of a stream to its end. The stream stays open.</summary>
    /// <exception cref="AudioFormatException">The contents are damaged, or not a .dac file.</exception>
    public static DacFile Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return Parse(copy.ToArray(), "The stream");
    }

    /// <summary>Writes a file, completely or not at all. The bytes are identical to upstream's.</summary>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, Write);
    }

    /// <summary>Writes the file to a stream, which stays open.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        // The pickle is written byte by byte, which a file would take badly.
        using var memory = new MemoryStream();
        NumpyFile.WriteObjectHeader(memory);
        new DacPickleWriter(memory).Write(this, codes);
        memory.WriteTo(stream);
    }

    /// <summary>The codes, int64 [B·C, K, F], which the caller owns.</summary>
    /// <param name="device">Where they are to be; the CPU when null.</param>
    public Tensor GetCodes(Device? device = null)
    {
        using var scope = NewDisposeScope();
        var plain = tensor(Array.ConvertAll(codes, c => (long)c), [Items, Codebooks, Frames]);
        return (device is null ? plain : plain.to(device)).MoveToOuterDisposeScope();
    }

    /// <summary>The greatest code.</summary>
    internal int LargestCode => codes.Max();

    private static DacFile Parse(byte[] bytes, string name)
    {
        if (NumpyFile.ReadObject(bytes, name) is not PickleDict root || !root.TryGetValue("metadata", out var inner) || inner is not PickleDict metadata
            || !root.TryGetValue("codes", out var value) || value is not NumpyArray { Shape.Count: 3 } array)
        {
            throw new AudioFormatException($"{name} is not a .dac file: it needs the codes [items, codebooks, frames] and their metadata.");
        }

        if (!metadata.TryGetValue("dac_version", out var version) || version is not Version)
        {
            throw new AudioFormatException($"{name} is a .dac file of version '{version as string ?? "none"}'; {Version} is read.");
        }

        try
        {
            var codes = new ushort[array.Count];
            var next = 0;
            foreach (var number in array.Numbers())
            {
                codes[next++] = number is long and >= 0 and <= ushort.MaxValue ? (ushort)(long)number : throw new AudioFormatException($"{name} has the code {number}, but 0 to {ushort.MaxValue} was expected.");
            }

            return new DacFile(codes, array.Shape, metadata, name);
        }
        catch (CheckpointException e)
        {
            throw new AudioFormatException(e.Message, e);
        }
    }

    private static float[] ReadLoudness(PickleDict metadata, string name) => metadata.TryGetValue("input_db", out var value)
        ? value switch
        {
            double number => [(float)number],
            NumpyArray { DType.Kind: 'f' } array => [.. array.Numbers().Select(n => (float)(double)n)],
            _ => throw Missing("input_db", name),
        }
        : throw Missing("input_db", name);

    private static long Integer(PickleDict metadata, string key, long most, string name) =>
        metadata.TryGetValue(key, out var value) && value is long number && number >= 0 && number <= most ? number : throw Missing(key, name);

    private static AudioFormatException Missing(string key, string name) => new($"{name}: '{key}' is missing in the metadata, or has an invalid type or value.");

    /// <summary>The first inconsistency, or null.</summary>
    private string? Fault() =>
        Channels is < 1 or > 1024 ? $"it has {Channels} channels; 1 to 1024 were expected"
        : SampleRate is < 1 or > Waveform.MaxSampleRate ? $"its sample rate is {SampleRate} Hz; 1 to {Waveform.MaxSampleRate} Hz was expected"
        : OriginalLength is < 1 or > MostSamples ? $"its length is {OriginalLength} samples; 1 to {MostSamples} was expected"
        : ChunkLength < 1 ? $"its chunks have {ChunkLength} frames; at least 1 was expected"
        : codes.Length == 0 ? "it has no codes"
        : Items % Channels != 0 ? $"its {Items} rows of codes are not a multiple of {Channels} channels"
        : InputLoudness.Count != Items / Channels ? $"it has {InputLoudness.Count} loudness values for {Items / Channels} items"
        : InputLoudness.Any(l => !float.IsFinite(l) || MathF.Abs(l) > 200) ? "its loudness is not finite or beyond ±200 dB"
        : null;
}
