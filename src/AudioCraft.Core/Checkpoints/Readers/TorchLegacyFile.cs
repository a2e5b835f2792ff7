using System.Buffers.Binary;
using System.Numerics;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// What <c>torch.save</c> wrote before PyTorch 1.6, and still does when told to: five pickles in a row (a magic number, a version, facts about the machine,
/// the object, the keys of its storages), then for each key its number of elements and its bytes.
/// </summary>
internal sealed class TorchLegacyFile(CheckpointFile file)
{
    private const long Version = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse("01950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber, null);

    private readonly Dictionary<string, (TorchStorageType Type, TorchStorage Storage)> storages = new(StringComparer.Ordinal);

    /// <summary>The object that was saved.</summary>
    public object? ReadRoot()
    {
        var input = new PickleInput(file, 0, Math.Min(file.Length, TorchZip.MaximumPickleBytes));
        if (PickleReader.Read(input, NoStorage) is not BigInteger magic || magic != Magic)
        {
            throw new CheckpointException($"{file.Path} is a pickle, but not one that torch.save wrote.");
        }

        if (PickleReader.Read(input, NoStorage) is not Version)
        {
            throw new CheckpointException($"{file.Path} is of torch.save's older format in an unsupported version; version {Version} is supported.");
        }

        if (PickleReader.Read(input, NoStorage) is not PickleDict machine || !machine.TryGetValue("little_endian", out var little) || little is not true)
        {
            throw new CheckpointException($"{file.Path} was written on a big-endian machine, which is not supported.");
        }

        var root = PickleReader.Read(input, Storage);
        if (PickleReader.Read(input, NoStorage) is not PickleList keys)
        {
            throw new CheckpointException($"{file.Path}: the list of storages is missing.");
        }

        PlaceStorages(keys, input.Position);
        return root;
    }

    private TorchStorage NoStorage(PickleList id) => throw new CheckpointException($"{file.Path}: the pickle refers to a storage where there can be none.");

    /// <summary><c>('storage', class, key, location, count, view)</c>, where the view is None or (key, offset, count) of a part.</summary>
    private TorchStorage Storage(PickleList id)
    {
        if (id is not ["storage", TorchStorageType { DType: { } dtype } type, string key, string, long count, var part] || count < 0 || count > file.Length / ElementTypes.SizeOf(dtype))
        {
            throw new CheckpointException($"{file.Path}: the pickle refers to something outside it that is not a storage, or to one longer than the file.");
        }

        if (!storages.TryGetValue(key, out var known))
        {
            known = (type, new TorchStorage(new TorchBytes(file, $"storage '{key}'"), dtype, 0, count));
            storages.Add(key, known);
        }

        if (known.Type != type || known.Storage.Count != count)
        {
            throw new CheckpointException($"{file.Path}: storage '{key}' is referred to as two different things.");
        }

        return part switch
        {
            null => known.Storage,
            PickleList and [string, long offset, long length] when offset >= 0 && length >= 0 && offset <= count - length =>
                known.Storage with { Offset = offset, Count = length },
            _ => throw new CheckpointException($"{file.Path}: a part of storage '{key}' is not inside it."),
        };
    }

    private void PlaceStorages(PickleList keys, long position)
    {
        var placed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in keys)
        {
            if (item is not string key || !storages.TryGetValue(key, out var known) || !placed.Add(key))
            {
                throw new CheckpointException($"{file.Path}: the list of storages has an unreferenced or duplicate entry.");
            }

            var count = BinaryPrimitives.ReadInt64LittleEndian(file.ReadBytes(position, 8));
            if (count != known.Storage.Count)
            {
                throw new CheckpointException($"{file.Path}: storage '{key}' has {count} elements, where the pickle has {known.Storage.Count}.");
            }

            var length = count * ElementTypes.SizeOf(known.Type.DType.GetValueOrDefault());
            known.Storage.Bytes.At(position + 8, length, length, isDeflated: false);
            position += 8 + length;
        }

        if (placed.Count != storages.Count)
        {
            throw new CheckpointException($"{file.Path}: {storages.Count - placed.Count} storages that the pickle refers to are missing.");
        }
    }
}
