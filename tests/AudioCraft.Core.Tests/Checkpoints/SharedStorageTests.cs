using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Tests.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Tensors that share a storage count once, so that a small file cannot make a loader allocate a large model.</summary>
[Collection(ProcessWideState.Name)]
public class SharedStorageTests
{
    [Fact]
    public void Language_model_larger_than_its_file_throws()
    {
        using var folder = new TemporaryFolder();
        folder.Write("state_dict.bin", File.ReadAllBytes(TestData.Hostile("shared-storage-state_dict.bin")));
        folder.Write("compression_state_dict.bin", File.ReadAllBytes(Golden.File("audiogen_tiny_checkpoint", "compression_state_dict.bin")));
        LiveTensors.NoneLeftOfModules(() =>
        {
            var error = Assert.Throws<CheckpointException>(() => AudioGen.GetPretrained(folder.Path, CPU));
            Assert.Contains("share a storage count once", error.Message, StringComparison.Ordinal);
        });
        Assert.Throws<CheckpointException>(() => CheckpointConverter.Convert(folder.Path, folder.File("out"), new ConversionOptions { Source = new PretrainedOptions { TextEncoder = Golden.File("audiogen_tiny_checkpoint", "t5") } }));
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void Shared_and_overlapping_tensors_count_up_to_the_size_of_their_storage()
    {
        using var folder = new TemporaryFolder();
        using var archive = Open(folder, ("a", 0, 60), ("b", 40, 60), ("c", 0, 100), ("d", 0, 1));
        Assert.Equal(100, archive.StoredElementCount());
        using var prefixed = new PrefixedArchive(archive, "");
        using var folded = new WeightNormArchive(prefixed);
        Assert.Equal(100, folded.StoredElementCount());
        using var few = Open(folder, ("a", 0, 30), ("b", 30, 30));
        Assert.Equal(60, few.StoredElementCount());
    }

    [Fact]
    public void Codec_larger_than_its_file_throws()
    {
        using var folder = new TemporaryFolder();
        using var archive = Open(folder, [.. Enumerable.Range(0, 2000).Select(i => ($"layer.{i}", 0L, 100L))]);
        Assert.Contains("DAC", Assert.Throws<CheckpointException>(() => DacLoader.Load(new DacConfig(), archive, CPU)).Message, StringComparison.Ordinal);
        Assert.Contains("codec", Assert.Throws<CheckpointException>(() => EncodecLoader.Load(new EncodecConfig(), archive, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_encoder_larger_than_its_file_throws()
    {
        // Every tensor of a model of 64 layers is a view of the storage of the largest one.
        using var folder = new TemporaryFolder();
        var config = T5Fixture.Config(T5Fixture.Relu) with { LayerCount = 64 };
        using var model = new T5Encoder(config);
        var shapes = model.state_dict().ToDictionary(t => t.Key, t => t.Value.shape);
        var largest = shapes.Values.Max(Elements);
        var pickle = new PickleWriter().Dictionary([.. shapes.Select(t => (t.Key, (object?)PickleWriter.Tensor("FloatStorage", "0", largest, 0, t.Value, Strides(t.Value))))]);
        var path = folder.Write("pytorch_model.bin", TorchZipBuilder.Build(pickle, ("0", new byte[largest * sizeof(float)])));
        using var archive = TorchFile.Open(path);
        Assert.Contains("text encoder", Assert.Throws<CheckpointException>(() => T5Encoder.Load(config, archive)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_storages_are_limited_together()
    {
        using var folder = new TemporaryFolder();
        var keys = Enumerable.Range(0, 64).Select(i => $"{i}").ToList();
        var pickle = new PickleWriter().Dictionary([.. keys.Select(key => ("t" + key, (object?)PickleWriter.Tensor("CharStorage", key, 900_000, 0, [900_000], [1])))]);
        var path = folder.Write("x.pt", TorchZipBuilder.Build(System.IO.Compression.CompressionLevel.Optimal, pickle, [.. keys.Select(key => (key, new byte[900_000]))]));
        Assert.Contains("compressed entries", Assert.Throws<CheckpointException>(() => TorchFile.Open(path)).Message, StringComparison.Ordinal);
    }

    private static TorchFile Open(TemporaryFolder folder, params (string Name, long Offset, long Count)[] tensors)
    {
        var pickle = new PickleWriter().Dictionary([.. tensors.Select(t => (t.Name, (object?)PickleWriter.Tensor("FloatStorage", "0", 100, t.Offset, [t.Count], [1])))]);
        return TorchFile.Open(folder.Write($"{tensors.Length}.pt", TorchZipBuilder.Build(pickle, ("0", new byte[400]))));
    }

    private static long Elements(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);

    private static long[] Strides(long[] shape) => [.. shape.Select((_, d) => Elements(shape[(d + 1)..]))];
}
