using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>A damaged file must throw <see cref="CheckpointException"/> or be read to the end.</summary>
internal static class Fuzz
{
    /// <summary>Opens an archive, and reads and maps every tensor.</summary>
    /// <returns>Whether opening or reading threw <see cref="CheckpointException"/>.</returns>
    public static bool IsRefused(Func<TensorArchive> open)
    {
        try
        {
            using var archive = open();
            ReadAll(archive);
            if (archive is TorchFile file)
            {
                foreach (var value in (file.Root as PickleDict)?.ByName.Values ?? [])
                {
                    if (value is PickleDict inner)
                    {
                        foreach (var reference in inner.ByName.Values.OfType<TorchTensorReference>())
                        {
                            using var tensor = reference.Read();
                        }
                    }
                }
            }

            return false;
        }
        catch (CheckpointException)
        {
            return true;
        }
    }

    /// <summary>Tests every truncation of a file, and copies with one to four damaged bytes. The same copies are used in every run.</summary>
    /// <returns>The number of rejected files.</returns>
    public static (int Truncations, int Damages) Run(byte[] good, int damages, string path, Func<string, TensorArchive> open)
    {
        int truncations = 0, damaged = 0;
        for (var length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(path, good[..length]);
            truncations += IsRefused(() => open(path)) ? 1 : 0;
        }

        var random = new Random(20260101);
        for (var i = 0; i < damages; i++)
        {
            var bad = (byte[])good.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                bad[random.Next(bad.Length)] = random.Next(3) switch { 0 => 0, 1 => 255, _ => (byte)random.Next(256) };
            }

            File.WriteAllBytes(path, bad);
            damaged += IsRefused(() => open(path)) ? 1 : 0;
        }

        return (truncations, damaged);
    }

    private static void ReadAll(TensorArchive archive)
    {
        foreach (var name in archive.Tensors.Keys)
        {
            using var read = archive.Read(name);
            using var mapped = archive.TryMap(name);
            using var floats = empty([.. archive.Tensors[name].Shape], dtype: ScalarType.Float32);
            archive.ReadInto(name, floats);
        }
    }
}
