using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;

namespace AudioCraft.Tests.Conditioning;

public class T5ConfigTests
{
    private const string Least = "\"vocab_size\":10,\"d_model\":4,\"d_kv\":2,\"d_ff\":8,\"num_layers\":1,\"num_heads\":2";

    private static T5Config Parse(string json) => T5Config.Read(CheckpointConfig.ParseJson(json, "config.json"));

    [Fact]
    public void Missing_values_have_T5_defaults()
    {
        var config = Parse($"{{{Least}}}");
        Assert.Equal((32L, 128L, 1e-6, false), (config.RelativeBuckets, config.RelativeMaxDistance, config.LayerNormEpsilon, config.GatedGelu));
        Assert.Equal((10L, 4L, 2L, 8L, 1, 2L), (config.VocabularySize, config.ModelDimension, config.HeadDimension, config.FeedForwardDimension, config.LayerCount, config.HeadCount));
    }

    [Theory]
    [InlineData("\"feed_forward_proj\":\"gated-silu\"", "gated-silu")]
    [InlineData("\"feed_forward_proj\":3", "feed_forward_proj")]
    [InlineData("\"model_type\":\"umt5\"", "umt5")]
    [InlineData("\"model_type\":\"\\ud800\"", "config.json")]
    [InlineData("\"d_model\":0", "d_model")]
    [InlineData("\"d_model\":-4", "-4")]
    [InlineData("\"d_model\":1e30", "1e30")]
    [InlineData("\"d_model\":\"768\"", "768")]
    [InlineData("\"num_layers\":999999999", "999999999")]
    [InlineData("\"relative_attention_num_buckets\":3", "relative_attention_num_buckets")]
    [InlineData("\"relative_attention_max_distance\":8", "relative_attention_max_distance")]
    [InlineData("\"layer_norm_epsilon\":-1", "layer_norm_epsilon")]
    public void Unsupported_or_out_of_range_values_are_named(string member, string named)
    {
        var error = Assert.Throws<CheckpointException>(() => Parse($"{{{Least},{member}}}"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "list")]
    [InlineData("{}", "vocab_size")]
    public void Other_JSON_throws(string json, string named) =>
        Assert.Contains(named, Assert.Throws<CheckpointException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Missing_or_invalid_file_is_named()
    {
        Assert.Contains("/nowhere", Assert.Throws<CheckpointException>(() => T5Config.Load("/nowhere/config.json")).Message, StringComparison.Ordinal);
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "{\"vocab_size\":");
            Assert.Contains(path, Assert.Throws<CheckpointException>(() => T5Config.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
