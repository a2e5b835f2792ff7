using System.Diagnostics;
using AudioCraft.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class FuzzTests
{
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("nested.pt", 1000)]
    [InlineData("views.pt", 1000)]
    [InlineData("legacy_views.pt", 1000)]
    [InlineData("legacy_kinds.pt", 1000)]
    public void Truncated_or_damaged_torch_files_are_a_typed_error_or_load_and_leak_nothing(string file, int damages)
    {
        var good = File.ReadAllBytes(TestData.Checkpoint(file));
        using var folder = new TemporaryFolder();
        LiveTensors.NoneLeft(() =>
        {
            var watch = ProcessorTime.StartNew();
            var (truncations, damaged) = Fuzz.Run(good, damages, folder.File("x.pt"), TorchFile.Open);
            Assert.Equal(good.Length, truncations);
            Assert.InRange(damaged, damages / 10, damages);
            Assert.InRange(watch.Elapsed.TotalMilliseconds, 0, 60_000);
        });
    }

    [Fact]
    public void Truncated_checkpoint_fails_on_open()
    {
        var good = File.ReadAllBytes(Golden.File("audiogen_tiny_checkpoint", "state_dict.bin"));
        using var folder = new TemporaryFolder();
        var path = folder.Write("state_dict.bin", good);
        LiveTensors.NoneLeft(() =>
        {
            // From the end, so that the file is only shortened: every byte of the zip directory, then every 7th byte.
            using var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            for (var length = good.Length - 1; length >= 0; length -= good.Length - length < 3000 ? 1 : 7)
            {
                cut.SetLength(length);
                Assert.Throws<CheckpointException>(() => AudioCraftCheckpoint.OpenLanguageModel(path));
            }
        });
    }

    [Fact]
    public void Truncated_or_damaged_safetensors_are_a_typed_error_or_load_and_leak_nothing()
    {
        using var folder = new TemporaryFolder();
        using var kinds = TorchFile.Open(TestData.Checkpoint("kinds.pt"));
        SafetensorsWriter.Write(folder.File("good.safetensors"), kinds, new Dictionary<string, string> { ["format"] = "pt" });
        var good = File.ReadAllBytes(folder.File("good.safetensors"));
        LiveTensors.NoneLeft(() =>
        {
            var (truncations, damaged) = Fuzz.Run(good, 2000, folder.File("x.safetensors"), SafetensorsFile.Open);
            Assert.Equal(good.Length, truncations);
            Assert.InRange(damaged, 500, 2000);
        });
    }

    [Fact]
    public void Damaged_pickles_are_a_typed_error_or_load()
    {
        // Only the pickle, so that all damage reaches the unpickler.
        var zip = File.ReadAllBytes(Golden.File("audiogen_tiny_checkpoint", "state_dict.bin"));
        using var stream = new MemoryStream(zip);
        using var archive = new System.IO.Compression.ZipArchive(stream);
        using var buffer = new MemoryStream();
        using (var entry = archive.Entries.Single(e => e.Name == "data.pkl").Open())
        {
            entry.CopyTo(buffer);
        }

        var good = buffer.ToArray();
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 2000; i++)
        {
            var bad = (byte[])good.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = PickleReader.Read(new PickleInput(bad, "damaged"), Storage);
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 2000);

        static object Storage(PickleList id) => id is [_, TorchStorageType type, _, _, long count]
            ? new TorchStorage(null!, type.DType, 0, Math.Max(count, 0))
            : throw new CheckpointException("not a storage");
    }
}
