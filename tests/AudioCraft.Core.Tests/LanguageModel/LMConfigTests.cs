using AudioCraft.Checkpoints;
using AudioCraft.LanguageModel;


namespace AudioCraft.Tests.LanguageModel;

public class LMConfigTests
{
    private const string Minimal = """
        lm_model: transformer_lm
        transformer_lm:
          n_q: 4
          card: 16
          dim: 32
          num_heads: 4
          num_layers: 2
          custom: true
        fuser:
          cross: [description]
        codebooks_pattern:
          modeling: delay

        """;

    [Fact]
    public void Missing_options_have_upstream_defaults()
    {
        var config = Read(Minimal);
        Assert.Equal(4, config.HiddenScale);
        Assert.True(config is { NormFirst: false, BiasAttention: true, BiasFeedForward: true, BiasProjection: true, KeyValueRepeat: 1 });
        Assert.True(config is { PastContext: null, LayerScale: null, Positions: LMPositions.Sinusoidal, Pattern: CodebookPatternKind.Delay, Delays: null });
    }

    [Theory]
    [InlineData("modeling: parallel", CodebookPatternKind.Parallel)]
    [InlineData("modeling: unroll\n  unroll: {flattening: [0, 1, 1, 2], delays: [0, 3, 3, 3]}", CodebookPatternKind.Unroll)]
    [InlineData("modeling: coarse_first\n  coarse_first: {delays: [0, 1, 2]}", CodebookPatternKind.CoarseFirst)]
    [InlineData("modeling: musiclm\n  music_lm: {group_by: 3}", CodebookPatternKind.MusicLM)]
    [InlineData("modeling: musiclm\n  musiclm: {group_by: 1}", CodebookPatternKind.MusicLM)]
    public void All_patterns_are_read(string section, CodebookPatternKind kind)
    {
        var config = Read(Minimal.Replace("modeling: delay", section, StringComparison.Ordinal));
        Assert.Equal(kind, config.Pattern);
        Assert.Equal(section.Contains("group_by: 1", StringComparison.Ordinal) ? 1 : 2, config.CodebookGroup);
    }

    [Fact]
    public void Pattern_of_older_configurations_is_read()
    {
        var yaml = Minimal.Replace("modeling: delay", "modeling: null\n  delay: {delays: [0, 0, 0, 0]}", StringComparison.Ordinal)
            .Replace("n_q: 4", "n_q: 4\n  q_modeling: delay", StringComparison.Ordinal);
        Assert.Null(Read(yaml).Delays);
        Assert.Equal(CodebookPatternKind.Parallel, Read(yaml.Replace("q_modeling: delay", "q_modeling: parallel", StringComparison.Ordinal)).Pattern);
    }

    [Fact]
    public void Transformer_options_are_read()
    {
        var config = Read(With("""
              positional_embedding: sin_rope
              xpos: true
              max_period: 500
              positional_scale: 0.5
              kv_repeat: 2
              qk_layer_norm_cross: true
              layer_scale: 1.0e-04
              past_context: 7
              attention_as_float32: true
            """));
        Assert.True(config is
        {
            Positions: LMPositions.SinusoidalAndRotary, XPos: true, MaxPeriod: 500, PositionalScale: 0.5, KeyValueRepeat: 2,
            QueryKeyNormCross: true, LayerScale: 1e-4, PastContext: 7, AttentionAsFloat32: true,
        });
    }

    [Fact]
    public void Past_context_is_ignored_with_memory_efficient_attention() =>
        Assert.Null(Read(With("  past_context: 7").Replace("custom: true", "memory_efficient: true", StringComparison.Ordinal)).PastContext);

    [Theory]
    [InlineData("card: 16", "card: 16\n  positional_embedding: alibi", "'alibi'")]
    [InlineData("card: 16", "card: 16\n  norm: rms_norm", "'rms_norm'")]
    [InlineData("card: 16", "card: 16\n  causal: false", "transformer_lm.causal")]
    [InlineData("card: 16", "card: 16\n  activation: swiglu", "'swiglu'")]
    [InlineData("card: 16", "card: 16\n  kv_repeat: 3", "kv_repeat 3")]
    [InlineData("card: 16", "card: 16\n  kv_repeat: 0", "kv_repeat is 0")]
    [InlineData("card: 16", "card: 16\n  kv_repeat: 2\n  qk_layer_norm: true", "qk_layer_norm goes with")]
    [InlineData("card: 16", "card: 16\n  past_context: -1", "past_context is -1")]
    [InlineData("card: 16", "card: 16\n  max_period: 0", "period 0")]
    [InlineData("num_heads: 4", "num_heads: 32\n  positional_embedding: rope", "heads of even size")]
    [InlineData("custom: true", "positional_embedding: rope", "neither custom nor memory_efficient")]
    [InlineData("custom: true", "kv_repeat: 2", "neither custom nor memory_efficient")]
    [InlineData("cross: [description]", "prepend: [description]\n  cross: [description]", "twice")]
    [InlineData("modeling: delay", "modeling: spiral", "'spiral'")]
    [InlineData("modeling: delay", "modeling: delay\n  delay: {delays: [0, 1]}", "delays is [0, 1]; 4 numbers")]
    [InlineData("modeling: delay", "modeling: unroll\n  unroll: {flattening: [0, 0, 1, 1], delays: [0, 1, 1, 1]}", "share inner step 0")]
    [InlineData("modeling: delay", "modeling: unroll\n  unroll: {flattening: [0, 1, 2, 2000000000]}", "2000000000")]
    [InlineData("modeling: delay", "modeling: coarse_first\n  coarse_first: {delays: [0, 1, 2, 3]}", "delays is [0, 1, 2, 3]; 3 numbers")]
    [InlineData("modeling: delay", "modeling: musiclm\n  musiclm: {group_by: 3}", "groups of 3")]
    [InlineData("modeling: delay", "modeling: musiclm\n  musiclm: {group_by: 0}", "codebooks_pattern")]
    [InlineData("modeling: delay", "modeling: delay\n  delay: {empty_initial: 2000000000}", "empty_initial is 2000000000")]
    public void Unsupported_and_inconsistent_options_throw(string old, string changed, string message) => Assert.Contains(
        message, Assert.Throws<CheckpointException>(() => Read(Minimal.Replace(old, changed, StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Fact]
    public void Cross_attention_without_conditions_throws() => Assert.Contains(
        "names no condition", Assert.Throws<CheckpointException>(() => Read(With("  cross_attention: true").Replace("cross: [", "sum: [", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    private static string With(string options) => Minimal.Replace("  custom: true", $"  custom: true\n{options}", StringComparison.Ordinal);

    private static LMConfig Read(string yaml) => LMConfig.FromCheckpointConfig(CheckpointConfig.Parse(yaml, "test"));
}
