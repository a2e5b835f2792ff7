using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A <c>.safetensors</c> file. Opening reads only the header; tensors are read or memory-mapped one at a time.
/// The checks are those of huggingface/safetensors: a header of at most 100 MB, no duplicate names, and tensors that cover the data without gaps and overlaps.
/// </summary>
public sealed class SafetensorsFile : TensorArchive
{
    private readonly CheckpointFile file;
    private readonly SafetensorsHeader header;
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);
    private readonly long dataStart;

    private SafetensorsFile(CheckpointFile file, SafetensorsHeader header, long dataStart)
    {
        this.file = file;
        this.header = header;
        this.dataStart = dataStart;
        foreach (var (name, entry) in header.Entries)
        {
            tensors.Add(name, entry.Info);
        }
    }

    /// <inheritdoc/>
    public override string Source => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <summary>The file's metadata by key; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Opens a single file and checks its header.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable or damaged.</exception>
    public static SafetensorsFile Open(string path) => Open(path, memoryMap: true);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">The file.</param>
    /// <param name="memoryMap">Whether tensors may use the memory-mapped file.</param>
    internal static SafetensorsFile Open(string path, bool memoryMap)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new CheckpointFile(path, memoryMap);
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            if (file.Length < 8)
            {
                throw new CheckpointException($"{file.Path} is not a safetensors file: it has only {file.Length} bytes.");
            }

            file.ReadExactly(prefix, 0);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > SafetensorsHeader.MaximumBytes || (long)length > file.Length - 8)
            {
                throw new CheckpointException(
                    $"{file.Path} is not a safetensors file, or is truncated: it declares a header of {length} bytes, but has {file.Length} bytes.");
            }

            var dataStart = 8 + (long)length;
            return new SafetensorsFile(file, SafetensorsHeader.Parse(file.ReadBytes(8, (long)length), file.Length - dataStart, file.Path), dataStart);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Tensor Read(string name)
    {
        var info = InfoOf(name);
        var value = empty([.. info.Shape], dtype: info.DType);
        try
        {
            file.ReadInto(OffsetOf(name), info.DType, value);
            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Tensor? TryMap(string name)
    {
        var info = InfoOf(name);
        return file.TryMap(OffsetOf(name), info.DType, [.. info.Shape]);
    }

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        CheckShape(name, destination);
        file.ReadInto(OffsetOf(name), InfoOf(name).DType, destination);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private long OffsetOf(string name) => dataStart + header.Entries[name].Begin;
}
