using System.Buffers.Binary;
using System.Numerics;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The legacy format of <c>torch.save</c>, used before PyTorch 1.6 and still available: five pickles (a magic number, a version, system information,
/// the object, the keys of its storages), followed by the number of elements and the data of each storage.
/// </summary>
internal sealed class TorchLegacyFile(CheckpointFile file)
{
    private const long Version = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse("01950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber, null);

    private readonly Dictionary<string, (TorchStorageType Type, TorchStorage Storage)> storages = new(StringComparer.Ordinal);

    /// <summary>Reads the saved object.</summary>
    public object? ReadRoot()
    {
        var input = new PickleInput(file, 0, Math.Min(file.Length, TorchZip.MaximumPickleBytes));
        if (PickleReader.Read(input, NoStorage) is not BigInteger magic || magic != Magic)
        {
            throw new CheckpointException($"{file.Path} is a pickle, but was not written by torch.save.");
        }

        if (PickleReader.Read(input, NoStorage) is not Version)
        {
            throw new CheckpointException($"{file.Path} has the legacy format of torch.save in an unsupported version; version {Version} is supported.");
        }

        if (PickleReader.Read(input, NoStorage) is not PickleDict machine || !machine.TryGetValue("little_endian", out var little) || little is not true)
        {
            throw new CheckpointException($"{file.Path} was written on a big-endian machine, which is not supported.");
        }

        var root = PickleReader.Read(input, Storage);
        if (PickleReader.Read(input, NoStorage) is not PickleList keys)
        {
            throw new CheckpointException($"{file.Path}: the pickle with the list of storages is missing.");
        }

        PlaceStorages(keys, input.Position);
        return root;
    }

    private TorchStorage NoStorage(PickleList id) => throw new CheckpointException($"{file.Path}: a pickle other than that of the object refers to a storage.");

    /// <summary><c>('storage', class, key, location, count, view)</c>; the view is None or (key, offset, count).</summary>
    private TorchStorage Storage(PickleList id)
    {
        if (id is not ["storage", TorchStorageType { DType: { } dtype } type, string key, string, long count, var part] || count < 0 || count > file.Length / ElementTypes.SizeOf(dtype))
        {
            throw new CheckpointException($"{file.Path}: the pickle has a persistent id that is not a storage, or a storage that is larger than the file.");
        }

        if (!storages.TryGetValue(key, out var known))
        {
            known = (type, new TorchStorage(new TorchBytes(file, $"storage '{PrintableText.Of(key)}'"), dtype, 0, count));
            storages.Add(key, known);
        }

        if (known.Type != type || known.Storage.Count != count)
        {
            throw new CheckpointException($"{file.Path}: the references to storage '{PrintableText.Of(key)}' differ in type or size.");
        }

        return part switch
        {
            null => known.Storage,
            PickleList and [string, long offset, long length] when offset >= 0 && length >= 0 && offset <= count - length =>
                known.Storage with { Offset = offset, Count = length },
            _ => throw new CheckpointException($"{file.Path}: a view of storage '{PrintableText.Of(key)}' is outside the storage."),
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
                throw new CheckpointException($"{file.Path}: storage '{PrintableText.Of(key)}' has {count} elements, but the pickle declares {known.Storage.Count}.");
            }

            var length = count * ElementTypes.SizeOf(known.Type.DType.GetValueOrDefault());
            known.Storage.Bytes.At(position + 8, length, length, isDeflated: false);
            position += 8 + length;
        }

        if (placed.Count != storages.Count)
        {
            throw new CheckpointException($"{file.Path}: {storages.Count - placed.Count} storages to which the pickle refers are missing.");
        }
    }
}
