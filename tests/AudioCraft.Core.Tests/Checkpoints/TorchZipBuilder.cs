using System.IO.Compression;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Builds valid and invalid zip files in the layout of torch.save.</summary>
internal static class TorchZipBuilder
{
    public static byte[] Build(byte[] pickle, params (string Key, byte[] Data)[] storages) => Build(CompressionLevel.NoCompression, pickle, storages);

    public static byte[] Build(CompressionLevel level, byte[] pickle, params (string Key, byte[] Data)[] storages)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "archive/data.pkl", pickle, level);
            foreach (var (key, data) in storages)
            {
                Add(zip, $"archive/data/{key}", data, level);
            }

            Add(zip, "archive/version", "3\n"u8.ToArray(), level);
        }

        return bytes.ToArray();
    }

    private static void Add(ZipArchive zip, string name, byte[] data, CompressionLevel level)
    {
        using var entry = zip.CreateEntry(name, level).Open();
        entry.Write(data);
    }
}
