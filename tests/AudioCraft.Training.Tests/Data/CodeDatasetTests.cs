using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests;

public class CodeDatasetTests
{
    [Fact]
    public void Saved_dataset_reads_back_unchanged()
    {
        using var folder = new TemporaryFolder();
        var data = new CodeDataset([new CodeItem([1, 2, 3, 4, 5, 6], 3, ["a \"siren\"", "сирена"]), new CodeItem([7, 8], 1, [])]);
        data.Save(folder.File("codes.safetensors"));
        var read = CodeDataset.Load(folder.File("codes.safetensors"));
        Assert.Equal(2, read.NumCodebooks);
        foreach (var (expected, actual) in data.Items.Zip(read.Items))
        {
            Assert.Equal(expected.Codes.ToArray(), actual.Codes.ToArray());
            Assert.Equal((expected.Frames, expected.NumCodebooks), (actual.Frames, actual.NumCodebooks));
            Assert.Equal(expected.Descriptions, actual.Descriptions);
        }
    }

    [Fact]
    public void Encoding_does_not_depend_on_the_batch()
    {
        using var codec = CompressionModel.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        var random = new Random(1);
        var sounds = new[] { 3200, 3200, 1600, 3200 }.Select((length, i) =>
            (Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray(), (IReadOnlyList<string>)[$"sound {i}"])).ToList();
        var data = CodeDataset.Encode(codec, sounds, batchSize: 3);
        Assert.Equal(["sound 0", "sound 1", "sound 2", "sound 3"], data.Items.Select(item => item.Descriptions[0]).Order());
        foreach (var item in data.Items)
        {
            using var scope = NewDisposeScope();
            var samples = sounds.Single(sound => sound.Item2[0] == item.Descriptions[0]).Item1;
            var (codes, _) = codec.Encode(tensor(samples, [1, 1, samples.Length]));
            Exactly.Equal(codes[0], tensor(item.Codes.ToArray(), [item.NumCodebooks, item.Frames]));
        }
    }

    [Fact]
    public void Damaged_files_are_typed_errors()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("codes.safetensors");
        new CodeDataset([new CodeItem([1, 2, 3, 4], 2, ["x"])]).Save(path);
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<CheckpointException>(() => CodeDataset.Load(path));
        }

        for (var at = 0; at < whole.Length; at += 3)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 0x55;
            File.WriteAllBytes(path, changed);
            if (Record.Exception(() => CodeDataset.Load(path)) is { } error)
            {
                Assert.IsType<CheckpointException>(error);
            }
        }
    }

    [Fact]
    public void Invalid_items_are_rejected()
    {
        Assert.Throws<ArgumentException>(() => new CodeItem([1, 2, 3], 2, []));
        Assert.Throws<ArgumentException>(() => new CodeItem([], 1, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CodeItem([1], 0, []));
        Assert.Throws<ArgumentException>(() => new CodeDataset([]));
        Assert.Throws<ArgumentException>(() => new CodeDataset([new CodeItem([1, 2], 2, []), new CodeItem([1, 2], 1, [])]));
    }
}
