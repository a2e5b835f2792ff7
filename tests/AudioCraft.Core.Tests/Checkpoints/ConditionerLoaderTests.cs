using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class ConditionerLoaderTests
{
    private const string Genre = "genre: {model: lut, lut: {n_bins: 17, dim: 6, tokenizer: noop}}";

    private static readonly LMConfig LM = new()
    {
        Dim = 8, NumHeads = 2, NumLayers = 1, Cardinality = 16, NumCodebooks = 2, CrossConditions = [], SumConditions = ["genre"], PrependConditions = ["artist"],
    };

    [Fact]
    public void Lookup_conditioners_are_built_in_configuration_order()
    {
        var conditioners = Load($"{{artist: {{model: lut, lut: {{n_bins: 5, dim: 3, tokenizer: noop, pad_idx: 4}}}}, args: {{}}, {Genre}}}");
        Assert.Equal(["artist", "genre"], conditioners.Select(pair => pair.Key));
        using var model = new LMModel(LM, conditioners);
        Assert.Equal(
            ["artist.embed.weight", "artist.output_proj.bias", "artist.output_proj.weight", "genre.embed.weight", "genre.output_proj.bias", "genre.output_proj.weight"],
            model.state_dict().Keys.Where(key => key.StartsWith("condition_provider.conditioners.", StringComparison.Ordinal)).Select(key => key["condition_provider.conditioners.".Length..]).Order(StringComparer.Ordinal));
        Assert.Equal(5, ((LookupConditioner)conditioners[0].Value).Bins);
    }

    [Fact]
    public void Model_with_lookup_conditions_generates_with_and_without_text()
    {
        using var scope = NewDisposeScope();
        using var model = new LMModel(LM, Load($"{{{Genre}}}"));
        model.eval();
        Tensor Tokens(params string?[] texts) => TokenGenerator.Generate(
            model,
            new TokenRequest
            {
                BatchSize = texts.Length, Frames = 6, Conditions = model.EncodeDescriptions(texts),
                Parameters = new GenerationParams { UseSampling = false }, Random = RandomSequence.ForItems(1, texts),
            },
            null,
            CancellationToken.None);
        var both = Tokens("rock", null);
        Exactly.Equal(Tokens("rock"), both.narrow(0, 0, 1));
        Exactly.Equal(Tokens([null]), both.narrow(0, 1, 1));
    }

    [Theory]
    [InlineData("genre: {model: lut, lut: {n_bins: 17, dim: 6, tokenizer: whitespace}}", "spaCy")]
    [InlineData("genre: {model: lut, lut: {n_bins: 2000000000, dim: 2000000000, tokenizer: noop}}", "2000000000 vectors")]
    [InlineData("genre: {model: lut, lut: {n_bins: 17, dim: 6, tokenizer: noop, pad_idx: 17}}", "pad_idx 17")]
    [InlineData("genre: {model: chroma_stem}", "'chroma_stem'")]
    [InlineData("genre: {model: style}", "'style'")]
    [InlineData("genre: {model: clap}", "'clap'")]
    [InlineData("key: {model: lut, lut: {n_bins: 17, dim: 6, tokenizer: noop}}", "'key'")]
    public void Unsupported_conditioners_are_named_in_the_error_and_leak_nothing(string conditioner, string message) => LiveTensors.NoneLeftOfModules(() => Assert.Contains(
        message, Assert.Throws<CheckpointException>(() => Load($"{{{Genre.Replace("genre", "artist", StringComparison.Ordinal)}, {conditioner}}}")).Message, StringComparison.Ordinal));

    private static IReadOnlyList<KeyValuePair<string, TextConditioner>> Load(string conditioners) =>
        ConditionerLoader.Load(CheckpointConfig.Parse($"conditioners: {conditioners}", "test"), LM, "nowhere", new LoadContext(new PretrainedOptions { Device = CPU }));
}
