using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A file written by <c>torch.save</c> (<c>.bin</c>, <c>.pt</c>, <c>.pth</c>, <c>.th</c>): the zip format of PyTorch 1.6 and later, or the legacy format.
/// The pickle is read as data: it may refer only to the classes and functions on an allowlist, and no code from it runs.
/// </summary>
/// <remarks>The archive contains the tensors of the root dictionary; use <see cref="StateDict"/> for those of nested dictionaries.</remarks>
public sealed class TorchFile : TensorArchive
{
    private readonly CheckpointFile file;
    private readonly TorchStateDict top;

    private TorchFile(CheckpointFile file, object? root)
    {
        this.file = file;
        Root = root;
        top = new TorchStateDict(file.Path, root as PickleDict ?? new PickleDict());
    }

    /// <inheritdoc/>
    public override string Source => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => top.Tensors;

    /// <summary>The open file.</summary>
    internal CheckpointFile File => file;

    /// <summary>
    /// The saved object: null, bool, long, BigInteger, double, string, byte[], <see cref="PickleDict"/>, <see cref="PickleList"/>,
    /// <see cref="TorchTensorReference"/>, or <see cref="ScalarType"/> for a dtype. Containers may contain themselves.
    /// </summary>
    public object? Root { get; }

    /// <summary>Opens a file and reads its pickle. Tensors are read later.</summary>
    /// <exception cref="CheckpointException">The file is missing or damaged, has another format, or refers to a class or function that is not allowed.</exception>
    public static TorchFile Open(string path) => Open(path, memoryMap: true);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">The file.</param>
    /// <param name="memoryMap">Whether tensors may use the memory-mapped file.</param>
    internal static TorchFile Open(string path, bool memoryMap)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(new CheckpointFile(path, memoryMap));
    }

    /// <summary>Reads an open file.</summary>
    /// <param name="file">The file; the new object owns and disposes it, even if this call fails.</param>
    /// <exception cref="CheckpointException">The file is damaged, has another format, or refers to a class or function that is not allowed.</exception>
    internal static TorchFile Open(CheckpointFile file)
    {
        try
        {
            return new TorchFile(file, ReadRoot(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The value at a path of dictionary keys; null if there is none.</summary>
    public object? Find(params string[] path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var value = Root;
        foreach (var key in path)
        {
            value = value is PickleDict dictionary && dictionary.TryGetValue(key, out var next) ? next : null;
        }

        return value;
    }

    /// <summary>
    /// The tensors of the dictionary at a path of keys, such as <c>"best_state"</c>; none for the root. Other entries are skipped.
    /// The view reads from this file and need not be disposed.
    /// </summary>
    /// <exception cref="CheckpointException">There is no dictionary at the path.</exception>
    public TensorArchive StateDict(params string[] path) => Find(path) is PickleDict dictionary
        ? new TorchStateDict(file.Path, dictionary)
        : throw new CheckpointException($"{file.Path} has no dictionary at '{string.Join("'.'", path)}'{Described()}.");

    /// <inheritdoc/>
    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name) => top.StoragesOf(name);

    /// <inheritdoc/>
    public override Tensor Read(string name) => top.Read(name);

    /// <inheritdoc/>
    public override Tensor? TryMap(string name) => top.TryMap(name);

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination) => top.ReadInto(name, destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private static object? ReadRoot(CheckpointFile file)
    {
        const int TarMark = 257;
        var head = file.ReadBytes(0, Math.Min(file.Length, TarMark + 5));
        if (head.AsSpan().StartsWith("PK\x03\x04"u8))
        {
            return new TorchZip(file).ReadRoot();
        }

        if (head is [0x80, >= 2 and <= 5, ..])
        {
            return new TorchLegacyFile(file).ReadRoot();
        }

        throw new CheckpointException(head.AsSpan(Math.Min(head.Length, TarMark)).StartsWith("ustar"u8)
            ? $"{file.Path} is a tar file, the format of PyTorch before 0.1.10, which is not supported."
            : $"{file.Path} was not written by torch.save: it is neither a zip file nor a pickle.");
    }

    private string Described() => Root is PickleDict { Count: > 0 } dictionary
        ? $"; its keys are {string.Join(", ", dictionary.ByName.Keys.Take(8).Select(key => PrintableText.Of(key, 60)))}"
        : "";
}
