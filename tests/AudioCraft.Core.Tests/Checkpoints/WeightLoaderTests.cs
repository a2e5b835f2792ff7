using AudioCraft.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class WeightLoaderTests
{
    [Fact]
    public void Parameters_use_mapped_pages_and_stay_the_same_objects()
    {
        using var folder = new TemporaryFolder();
        using var module = new TwoByThree();
        var parameter = module.weight;
        LiveTensors.NoneLeft(() =>
        {
            using var archive = SafetensorsFile.Open(folder.Write("w.safetensors", TwoByThree.File("weight", "F32")));
            using var mapped = archive.TryMap("weight");
            Assert.NotNull(mapped);
            WeightLoader.Load(module, archive);
        });
        Assert.Same(parameter, module.weight);
        Assert.True(module.weight.requires_grad);
        Assert.True(module.weight.is_leaf);
        Assert.Equal([1f, 2, 3, 4, 5, 6], module.weight.data<float>().ToArray());
        Assert.Equal(0, module.once.item<float>());
        using (no_grad())
        {
            module.weight.add_(1);
        }

        Assert.Equal([2f, 3, 4, 5, 6, 7], module.weight.data<float>().ToArray());
        using var loss = module.weight.sum();
        loss.backward();
        Assert.NotNull(module.weight.grad);
    }

    [Fact]
    public void Half_precision_weights_convert_to_the_modules_type()
    {
        using var folder = new TemporaryFolder();
        using var module = new TwoByThree();
        using var archive = SafetensorsFile.Open(folder.Write("w.safetensors", TwoByThree.File("weight", "F16")));
        WeightLoader.Load(module, archive);
        Assert.Equal(ScalarType.Float32, module.weight.dtype);
        Assert.Equal([1f, 2, 3, 4, 5, 6], module.weight.data<float>().ToArray());
    }

    [Fact]
    public void All_mismatches_are_listed_in_one_error_and_nothing_is_loaded()
    {
        using var folder = new TemporaryFolder();
        using var module = new TwoByThree();
        var bytes = Safetensors.Build(
            """{"weight":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},"stray":{"dtype":"F32","shape":[],"data_offsets":[12,16]}}""",
            new byte[16]);
        using var archive = SafetensorsFile.Open(folder.Write("w.safetensors", bytes));
        var message = Assert.Throws<CheckpointException>(() => WeightLoader.Load(module, archive)).Message;
        Assert.Contains("1 missing (once)", message, StringComparison.Ordinal);
        Assert.Contains("1 unexpected (stray)", message, StringComparison.Ordinal);
        Assert.Contains("weight is [1, 3], not [2, 3]", message, StringComparison.Ordinal);
        Assert.Equal([0f, 0, 0, 0, 0, 0], module.weight.data<float>().ToArray());
    }

    [Fact]
    public void Long_lists_of_mismatches_are_shortened_with_counts()
    {
        using var folder = new TemporaryFolder();
        using var module = new TwoByThree();
        var entries = Enumerable.Range(0, 50).Select(i => $"\"k{i:00}\":" + """{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""");
        using var archive = SafetensorsFile.Open(folder.Write("w.safetensors", Safetensors.Build("{" + string.Join(',', entries) + "}")));
        var message = Assert.Throws<CheckpointException>(() => WeightLoader.Load(module, archive)).Message;
        Assert.Contains("50 unexpected (k00, k01", message, StringComparison.Ordinal);
        Assert.Contains("and 30 more", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_can_be_prefixed_renamed_missing_or_unused()
    {
        using var folder = new TemporaryFolder();
        using var module = new TwoByThree();
        using var archive = SafetensorsFile.Open(folder.Write("w.safetensors", TwoByThree.File("model.kernel", "F32", extra: "model.stray")));
        WeightLoader.Load(module, archive, new WeightLoadOptions
        {
            Prefix = "model.",
            Rename = name => name == "weight" ? "kernel" : name,
            MayBeMissing = name => name == "once",
            MayBeUnused = name => name == "model.stray",
            AllowMapping = false,
        });
        Assert.Equal([1f, 2, 3, 4, 5, 6], module.weight.data<float>().ToArray());
        Assert.Equal(1, module.once.item<float>());
    }

    private sealed class TwoByThree : nn.Module<Tensor, Tensor>
    {
        public readonly Parameter weight = new(zeros(2, 3));
        public readonly Tensor once = ones(1);

        public TwoByThree() : base(nameof(TwoByThree)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input.matmul(weight);

        public static byte[] File(string name, string dtype, string extra = "once")
        {
            byte[] values = dtype == "F32"
                ? [.. Enumerable.Range(1, 6).SelectMany(i => BitConverter.GetBytes((float)i))]
                : [.. Enumerable.Range(1, 6).SelectMany(i => BitConverter.GetBytes((Half)i))];
            var header =
                $"{{\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":[2,3],\"data_offsets\":[0,{values.Length}]}},"
                + $"\"{extra}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{values.Length},{values.Length + 4}]}}}}";
            return Safetensors.Build(header.PadRight((header.Length + 7) / 8 * 8), [.. values, 0, 0, 0, 0]);
        }
    }
}
