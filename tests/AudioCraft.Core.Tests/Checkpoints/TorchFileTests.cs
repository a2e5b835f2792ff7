using System.Numerics;
using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class TorchFileTests
{
    [Theory]
    [InlineData("state_dict.bin", "lm")]
    [InlineData("compression_state_dict.bin", "compression")]
    public void Golden_checkpoint_has_the_recorded_tensors(string file, string list)
    {
        var path = Golden.File("audiogen_tiny_checkpoint", file);
        using var expected = JsonDocument.Parse(File.ReadAllText(Golden.File("audiogen_tiny_checkpoint", "state_keys.json")));
        var wanted = expected.RootElement.GetProperty(list).EnumerateObject()
            .Select(p => (p.Name, p.Value[0].GetString(), string.Join(",", p.Value[1].EnumerateArray().Select(n => n.GetInt64())))).ToList();
        LiveTensors.NoneLeft(() =>
        {
            using var archive = TorchFile.Open(path);
            var state = archive.StateDict("best_state");
            Assert.Equal(wanted, state.Tensors.Select(t => (t.Key, (string?)Named(t.Value.DType), string.Join(",", t.Value.Shape))).ToList());
            Assert.IsType<string>(archive.Find("xp.cfg"));
            foreach (var name in state.Tensors.Keys)
            {
                using var value = state.Read(name);
                using var finite = value.isfinite();
                using var all = finite.all();
                Assert.True(all.item<bool>(), name);
                using var mapped = state.TryMap(name);
                if (mapped is not null)
                {
                    Exactly.Equal(value, mapped);
                }
            }
        });
    }

    private static string Named(ScalarType type) =>
        type switch { ScalarType.Float16 => "torch.float16", ScalarType.Float32 => "torch.float32", ScalarType.Bool => "torch.bool", _ => type.ToString() };

    [Theory]
    [InlineData("views.pt")]
    [InlineData("legacy_views.pt")]
    public void Shared_offset_and_strided_tensors_have_the_right_values(string file)
    {
        using var archive = TorchFile.Open(TestData.Checkpoint(file));
        void Expect(string name, long[] shape, params float[] values)
        {
            using var read = archive.Read(name);
            using var expected = tensor(values).reshape(shape);
            Exactly.Equal(expected, read);
            Assert.True(read.is_contiguous());
            using var half = empty(shape, dtype: ScalarType.Float16);
            archive.ReadInto(name, half);
            Near.Equal(read, half);
            using var mapped = archive.TryMap(name);
            if (mapped is not null)
            {
                Exactly.Equal(read, mapped);
            }
        }

        var line = Enumerable.Range(0, 24).Select(i => (float)i).ToArray();
        Expect("whole", [24], line);
        Expect("shared", [4, 6], line);
        Expect("offset", [4], 5, 6, 7, 8);
        Expect("transposed", [6, 4], [.. Enumerable.Range(0, 24).Select(i => (float)((i % 4 * 6) + (i / 4)))]);
        Expect("strided", [8], 1, 4, 7, 10, 13, 16, 19, 22);
        Expect("columns", [2, 3], 1, 5, 9, 13, 17, 21);
        Expect("scalar", [], 7);
        Expect("empty", [0, 3]);
    }

    [Theory]
    [InlineData("kinds.pt")]
    [InlineData("legacy_kinds.pt")]
    public void Every_element_type_is_read(string file)
    {
        using var archive = TorchFile.Open(TestData.Checkpoint(file));
        Assert.Equal(10, archive.Tensors.Count);
        Assert.Equal(ScalarType.BFloat16, archive.Tensors["bfloat16"].DType);
        Assert.Equal(ScalarType.Float16, archive.Tensors["float16"].DType);
        using var expected = tensor(new float[] { 0, 1, 2, 100 });
        using var truth = tensor(new float[] { 0, 1, 1, 1 });
        foreach (var name in archive.Tensors.Keys)
        {
            using var read = archive.Read(name);
            Near.Equal(name == "bool" ? truth : expected, read, 0);
            using var floats = zeros(4);
            archive.ReadInto(name, floats);
            Near.Equal(name == "bool" ? truth : expected, floats, 0);
        }
    }

    [Theory]
    [InlineData("nested.pt")]
    [InlineData("nested_protocol4.pt")]
    public void Nested_dictionaries_are_found_by_path(string file)
    {
        using var archive = TorchFile.Open(TestData.Checkpoint(file));
        Assert.Empty(archive.Tensors);
        Assert.Equal(["weight", "bias"], archive.StateDict("best_state").Tensors.Keys);
        Assert.Equal("Zürich", archive.Find("text"));
        Assert.Equal(BigInteger.One << 70, archive.Find("more", "big"));
        Assert.Equal(-(1L << 40), archive.Find("more", "negative"));
        Assert.Equal(ScalarType.Float16, archive.Find("more", "dtype"));
        Assert.Equal([2L, 3L], Assert.IsType<PickleList>(archive.Find("more", "size")));
        var names = Assert.IsType<PickleList>(archive.Find("more", "names"));
        Assert.Equal(["b", 2L, 3.5, null, true], Assert.IsType<PickleList>(names[1]));
        var attributes = Assert.IsType<PickleDict>(Assert.IsType<PickleDict>(archive.Find("best_state")).Attributes);
        Assert.True(attributes.TryGetValue("_metadata", out _));
        using var parameter = archive.StateDict("more").Read("weight");
        Assert.Equal([0f, 1, 2, 3, 4, 5], parameter.data<float>().ToArray());
        Assert.Null(archive.Find("more", "nobody", "here"));
        Assert.Contains("'nobody'", Assert.Throws<CheckpointException>(() => archive.StateDict("nobody")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("malicious.pt")]
    [InlineData("legacy_malicious.pt")]
    public void Pickle_with_a_system_function_is_an_error_that_names_it_and_runs_nothing(string file)
    {
        var message = Assert.Throws<CheckpointException>(() => TorchFile.Open(TestData.Checkpoint(file))).Message;
        Assert.Contains("'posix.system'", message, StringComparison.Ordinal);
        Assert.False(File.Exists("/tmp/audiocraft-was-here"));
    }

    [Fact]
    public void Weights_from_torch_save_load_into_a_module()
    {
        using var layer = nn.Linear(3, 2);
        LiveTensors.NoneLeft(() =>
        {
            using var archive = TorchFile.Open(TestData.Checkpoint("nested.pt"));
            WeightLoader.Load(layer, archive.StateDict("best_state"));
        });
        Assert.Equal([0f, 1, 2, 3, 4, 5], layer.weight.data<float>().ToArray());
        Assert.Equal([-1f, 1], layer.bias!.data<float>().ToArray());
    }

    [Fact]
    public void File_not_written_by_torch_save_is_a_clear_error()
    {
        using var folder = new TemporaryFolder();
        var tar = new byte[600];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Assert.Contains("tar", Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.Write("a", tar))).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.Write("b", [])));
        Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.Write("c", "version https://git-lfs"u8)));
        Assert.Throws<CheckpointException>(() => TorchFile.Open(folder.File("none")));
        Assert.Throws<CheckpointException>(() => TorchFile.Open(Golden.File("audiogen_tiny_checkpoint", "io.safetensors")));
    }
}
