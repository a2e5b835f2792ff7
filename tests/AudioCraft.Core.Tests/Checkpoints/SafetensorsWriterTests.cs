using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class SafetensorsWriterTests
{
    [Fact]
    public void Written_tensors_read_back_equal_and_can_be_mapped()
    {
        using var folder = new TemporaryFolder();
        using var source = TorchFile.Open(TestData.Checkpoint("views.pt"));
        var path = folder.File("out.safetensors");
        LiveTensors.NoneLeft(() => SafetensorsWriter.Write(path, source, new Dictionary<string, string> { ["xp.cfg"] = "a: \"ü\"\n" }));
        using var written = SafetensorsFile.Open(path);
        Assert.Equal("a: \"ü\"\n", written.Metadata["xp.cfg"]);
        Assert.Equal(source.Tensors.Keys.Order(StringComparer.Ordinal), written.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var name in source.Tensors.Keys)
        {
            using var want = source.Read(name);
            using var have = written.Read(name);
            Exactly.Equal(want, have);
            using var mapped = written.TryMap(name);
            Assert.Equal(want.numel() == 0, mapped is null);
        }

        Assert.Equal(["out.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Tensors_of_every_type_and_stride_are_written()
    {
        using var folder = new TemporaryFolder();
        using var square = arange(6, dtype: ScalarType.Float32).reshape(2, 3);
        using var turned = square.t();
        using var half = square.to(ScalarType.BFloat16);
        using var truth = square.gt(2);
        using var codes = square.to(ScalarType.Int16);
        var path = folder.File("out.safetensors");
        LiveTensors.NoneLeft(() => SafetensorsWriter.Write(
            path, new Dictionary<string, Tensor> { ["truth"] = truth, ["half"] = half, ["turned"] = turned, ["codes"] = codes }));
        using var written = SafetensorsFile.Open(path);
        Assert.Equal(["turned", "half", "codes", "truth"], written.Tensors.Keys);
        foreach (var (name, want) in new[] { ("turned", turned), ("half", half), ("truth", truth), ("codes", codes) })
        {
            using var have = written.Read(name);
            Assert.Equal(want.dtype, have.dtype);
            Exactly.Equal(want, have);
        }
    }

    [Fact]
    public void Failed_write_keeps_the_old_file_and_leaves_no_temporary()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("out.safetensors", "before"u8);
        using var source = TorchFile.Open(TestData.Checkpoint("views.pt"));
        using var ended = new CancellationTokenSource();
        ended.Cancel();
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(path, source, cancellationToken: ended.Token));
        using var scalar = ones(1);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["__metadata__"] = scalar }));
        Assert.Equal("before", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }
}
