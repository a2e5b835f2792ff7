using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Conditioning;

[Collection(ProcessWideState.Name)]
public class ConditionTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public ConditionTests() => manual_seed(20261127);

    public static TheoryData<int> Fusers() => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Fusers))]
    public void Fused_input_matches_upstream(int index)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors("conditioners");
        var (fuser, conditions) = Fuser(index, io);
        Near.Equal(io.Read($"fuser{index}/out"), fuser.Fuse(io.Read("fuser/input"), conditions, isFirst: true).Input, 1e-6);
        var cross = fuser.Cross(conditions);
        Assert.Equal(io.Tensors.ContainsKey($"fuser{index}/cross"), cross is not null);
        if (cross is { } source)
        {
            Near.Equal(io.Read($"fuser{index}/cross"), source.Embeddings, 1e-6);
            Assert.Null(source.Mask);
        }
    }

    [Theory]
    [MemberData(nameof(Fusers))]
    public void Fused_input_of_steps_matches_upstream(int index)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors("conditioners");
        var (fuser, conditions) = Fuser(index, io);
        var input = io.Read("fuser/input");
        Near.Equal(io.Read($"fuser{index}/stream0/out"), fuser.Fuse(input.narrow(1, 0, 2), conditions, isFirst: true).Input, 1e-6);
        Near.Equal(io.Read($"fuser{index}/stream1/out"), fuser.Fuse(input.narrow(1, 2, 2), conditions, isFirst: false).Input, 1e-6);
    }

    [Fact]
    public void Padded_rows_match_the_rows_alone()
    {
        using var scope = NewDisposeScope();
        var config = new LMConfig
        {
            Dim = 8, PrependConditions = ["b", "e"], InterpolatedConditions = ["d"], SumConditions = ["a"], CrossConditions = ["c", "f"], CrossAttentionPositions = true,
        };
        var fuser = LMModel.CreateFuser(config);
        var input = randn(3, 5, 8);
        long[][] lengths = [[1, 1, 1], [2, 3, 1], [4, 1, 2], [3, 2, 1], [2, 4, 1], [1, 3, 2]];
        string[] names = ["a", "b", "d", "e", "c", "f"];
        var whole = names.Select((_, i) => randn(3, lengths[i].Max(), 8)).ToList();
        var together = new ConditionTensors([.. names.Select((name, i) => new ConditionTensor(name, whole[i], lengths[i]))]);
        var fused = fuser.Fuse(input, together, isFirst: true);
        var cross = fuser.Cross(together)!.Value;
        Assert.Equal(5 + fuser.PrefixLength(together), fused.Input.size(1));
        Assert.Equal(fused.Padding, fuser.Padding(together));
        for (var row = 0; row < 3; row++)
        {
            var alone = new ConditionTensors([.. names.Select((name, i) => new ConditionTensor(name, whole[i].narrow(0, row, 1).narrow(1, 0, lengths[i][row])))]);
            var own = fuser.Fuse(input.narrow(0, row, 1), alone, isFirst: true).Input;
            Assert.Equal(fused.Input.size(1) - own.size(1), fused.Padding![row]);
            Near.Equal(own, fused.Input.narrow(0, row, 1).narrow(1, fused.Padding[row], own.size(1)), 1e-6);
            var source = fuser.Cross(alone)!.Value.Embeddings;
            Near.Equal(source, cross.Embeddings.narrow(0, row, 1).narrow(1, 0, source.size(1)), 1e-6);
            Assert.Equal(source.size(1), cross.Mask!.select(0, row).eq(0).sum().item<long>());
        }
    }

    [Fact]
    public void Summed_condition_of_several_positions_throws()
    {
        using var scope = NewDisposeScope();
        var fuser = LMModel.CreateFuser(new LMConfig { Dim = 8, SumConditions = ["a"], CrossConditions = [] });
        var conditions = new ConditionTensors(new ConditionTensor("a", zeros(2, 3, 8)));
        Assert.Contains("3 positions", Assert.Throws<ArgumentException>(() => fuser.Fuse(zeros(2, 4, 8), conditions, isFirst: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lookup_by_hash_matches_upstream()
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors("conditioners");
        using var json = Golden.Config("conditioners");
        foreach (var entry in json.RootElement.GetProperty("hash_trick").EnumerateArray())
        {
            Assert.Equal(entry[2].GetInt32(), LookupConditioner.Hash(entry[0].GetString()!, entry[1].GetInt32()));
        }

        using var conditioner = new LookupConditioner(17, 6, 8);
        using var weights = SafetensorsFile.Open(Golden.File("conditioners", "weights.safetensors"));
        WeightLoader.Load(conditioner, weights, new WeightLoadOptions { Prefix = "lut." });
        List<string?> texts = [.. json.RootElement.GetProperty("lut_texts").EnumerateArray().Select(text => text.GetString())];
        var (tokens, tokenMask) = conditioner.Tokenize(texts);
        Exactly.Equal(io.Read("lut/tokens"), tokens);
        Exactly.Equal(io.Read("lut/token_mask"), tokenMask);
        var (embeds, mask) = conditioner.Encode(texts);
        Near.Equal(io.Read("lut/embeds"), embeds.detach(), 1e-6);
        Exactly.Equal(io.Read("lut/mask"), mask);
        Assert.Throws<ArgumentException>(() => conditioner.Encode([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LookupConditioner(4, 6, 8, padIndex: 4));
    }

    [Fact]
    public void Guidance_dropout_matches_upstream()
    {
        using var json = Golden.Config("conditioners");
        using var dropout = new ClassifierFreeGuidanceDropout(0.3);
        var samples = Samples();
        var decisions = Enumerable.Range(0, 20).Select(_ => dropout.Apply(samples).All(sample => sample.Text.Values.All(text => text is null)));
        Assert.Equal(json.RootElement.GetProperty("cfg_dropout_p0.3_seed1234_sequence").EnumerateArray().Select(e => e.GetBoolean()), decisions);
        using var always = new ClassifierFreeGuidanceDropout(1);
        Assert.Equal(["genre", "artist", "description"], always.Apply(samples)[1].Text.Keys);
        Assert.Equal("loud", samples[0].Text["description"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifierFreeGuidanceDropout(1.5));
    }

    [Fact]
    public void Attribute_dropout_matches_upstream()
    {
        using var json = Golden.Config("conditioners");

        // The case does not record its probabilities. These are consistent with its recorded samples and decisions.
        using var dropout = new AttributeDropout([new("genre", 0.5), new("artist", 0.2)]);
        var samples = Samples();
        foreach (var expected in json.RootElement.GetProperty("attr_dropout_seed1234_sequence").EnumerateArray())
        {
            var dropped = dropout.Apply(samples)[0].Text.Where(pair => pair.Value is null).Select(pair => pair.Key);
            Assert.Equal(expected.EnumerateArray().Select(name => name.GetString()!), dropped);
        }

        using var unknown = new AttributeDropout([new("key", 1)]);
        Assert.Contains("'key'", Assert.Throws<ArgumentException>(() => unknown.Apply(samples)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mask_determines_the_lengths()
    {
        using var scope = NewDisposeScope();
        var mask = tensor([1L, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1], [3, 4]);
        Assert.Equal([3, 0, 4], ConditionTensor.WithMask("a", zeros(3, 4, 2), mask).Lengths);
        Assert.Throws<ArgumentException>(() => ConditionTensor.WithMask("a", zeros(3, 5, 2), mask));
    }

    private static List<ConditioningAttributes> Samples() =>
    [
        new(new Dictionary<string, string?> { ["genre"] = "rock", ["artist"] = "x", ["description"] = "loud" }),
        new(new Dictionary<string, string?> { ["genre"] = null, ["artist"] = "y", ["description"] = "soft" }),
    ];

    private static (ConditionFuser Fuser, ConditionTensors Conditions) Fuser(int index, TensorArchive io)
    {
        using var json = Golden.Config("conditioners");
        var fuse = json.RootElement.GetProperty("fusers")[index];
        string[] Names(string way) => fuse.TryGetProperty(way, out var list) ? [.. list.EnumerateArray().Select(name => name.GetString()!)] : [];
        var config = new LMConfig
        {
            Dim = 8, SumConditions = Names("sum"), PrependConditions = Names("prepend"), CrossConditions = Names("cross"),
            InterpolatedConditions = Names("input_interpolate"), IgnoredConditions = Names("ignore"),
            CrossAttentionPositions = index == 3, CrossAttentionPositionScale = 0.5,
        };
        var conditions = config.ConditionNames.Order(StringComparer.Ordinal).Select(name => new ConditionTensor(name, io.Read($"fuser/cond_{name}")));
        return (LMModel.CreateFuser(config), new ConditionTensors([.. conditions]));
    }
}
