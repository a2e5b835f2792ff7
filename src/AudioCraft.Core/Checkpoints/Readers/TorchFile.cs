using System.Text;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A file that <c>torch.save</c> wrote (<c>.bin</c>, <c>.pt</c>, <c>.pth</c>, <c>.th</c>): the zip of PyTorch 1.6 and later, or the older row of pickles.
/// The pickle in it is read as data: it can name no class or function beyond those that hold weights, and nothing of it is run.
/// </summary>
/// <remarks>As an archive it has the tensors at its root, if the root is a dictionary; <see cref="StateDict"/> gives those deeper inside.</remarks>
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

    /// <summary>
    /// The object that was saved, inert: null, bool, long, BigInteger, double, string, byte[], <see cref="PickleDict"/>, <see cref="PickleList"/>,
    /// <see cref="TorchTensorReference"/>, and for dtypes <see cref="ScalarType"/>. Containers may hold themselves.
    /// </summary>
    public object? Root { get; }

    /// <summary>Opens a file and reads its pickle; tensors stay in the file.</summary>
    /// <exception cref="CheckpointException">The file is missing, not of this format, damaged, or refers to a class or function that is not allowed; the message names it.</exception>
    public static TorchFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new CheckpointFile(path);
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
            ? $"{file.Path} is a tar, the format of PyTorch before 0.1.10, which is not read."
            : $"{file.Path} is not a file that torch.save wrote: it begins neither as a zip nor as a pickle.");
    }

    private string Described() => Root is PickleDict { Count: > 0 } dictionary
        ? $"; its keys are {string.Join(", ", dictionary.ByName.Keys.Take(8))}"
        : "";
}
