using System.Text;
using AudioCraft.Checkpoints;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class CheckpointConfigTests
{
    private const string Sample = """
        sample_rate: 16000
        channels: 1
        which: seanet
        lr: 1.0e-08
        small: 1e-8
        huge: .inf
        hex: '16'
        on: yes
        off: No
        nothing: null
        blank:
        open: ???
        text: ${which} at ${sample_rate} Hz
        escaped: \${which}
        user: /home/${oc.env:USER}/x
        through: ${${which}.ratios}
        broken: ${no.such.key}
        to_open: ${open}
        to_null: ${nothing}
        round: ${trip}
        trip: ${round}
        alias: ${seanet}
        wide: 3000000000
        whole: 4.0
        seanet:
          channels: ${channels}
          norm: none
          ratios: [8, 5, 4, 2]
          mixed: [1, a]
          refs: ['${channels}', '${..channels}']
          encoder:
            sibling: ${.other}
            uncle: ${..norm}
            great: ${...sample_rate}
            other: 7
        """;

    private static CheckpointConfig Config => CheckpointConfig.Parse(Sample, "sample.yaml");

    [Fact]
    public void Configurations_of_the_golden_checkpoint_are_read()
    {
        var lm = CheckpointConfig.Parse(File.ReadAllText(Golden.File("audiogen_tiny_checkpoint", "xp.cfg.lm.yaml")), "lm");
        Assert.Equal("delay", lm.GetString("codebooks_pattern.modeling"));
        Assert.Equal([0, 1, 2, 3], lm.GetInt64List("codebooks_pattern.delay.delays"));
        Assert.Equal(1e-8, lm.GetDouble("optim.adam.eps"));
        Assert.Equal(16000, lm.GetInt32("generate.audio.sample_rate"));
        Assert.Equal(["description"], lm.GetStringList("fuser.cross"));
        Assert.False(lm.GetBool("transformer_lm.cross_attention"));
        Assert.Equal(3.0, lm.GetDouble("classifier_free_guidance.inference_coef"));
        Assert.Equal(["description"], lm.Keys("conditioners"));
        Assert.Empty(lm.GetStringList("fuser.prepend"));
        var codec = CheckpointConfig.Parse(File.ReadAllText(Golden.File("audiogen_tiny_checkpoint", "xp.cfg.compression.yaml")), "codec");
        var seanet = codec.Section("seanet");
        Assert.Equal(1, seanet.GetInt32("channels"));
        Assert.False(seanet.GetBool("causal"));
        Assert.Equal([8, 5, 4, 2], seanet.GetInt64List("ratios"));
        Assert.Null(seanet.GetString("decoder.final_activation", null));
    }

    [Fact]
    public void Absolute_relative_and_nested_references_are_resolved()
    {
        Assert.Equal(1, Config.GetInt32("seanet.channels"));
        Assert.Equal("seanet at 16000 Hz", Config.GetString("text"));
        Assert.Equal([8, 5, 4, 2], Config.GetInt64List("through"));
        Assert.Equal(7, Config.GetInt32("seanet.encoder.sibling"));
        Assert.Equal("none", Config.GetString("seanet.encoder.uncle"));
        Assert.Equal(16000, Config.GetInt32("seanet.encoder.great"));
        Assert.Equal(5, Config.GetInt32("alias.ratios.1"));
        Assert.Equal(5, Config.GetInt32("alias.ratios[1]"));
        Assert.Equal("${which}", Config.GetString("escaped"));
        Assert.Equal([1, 1], Config.GetInt64List("seanet.refs"));
        Assert.Equal(16000, Config.Section("alias").Section("encoder").GetInt32("great"));
    }

    [Fact]
    public void Numbers_and_booleans_follow_YAML_1_1()
    {
        Assert.Equal(1e-8, Config.GetDouble("lr"));
        Assert.Equal(1e-8, Config.GetDouble("small"));
        Assert.Equal(double.PositiveInfinity, Config.GetDouble("huge"));
        Assert.True(Config.GetBool("on"));
        Assert.False(Config.GetBool("off"));
        Assert.Equal(4, Config.GetInt32("whole"));
        Assert.Equal(3_000_000_000, Config.GetInt64("wide"));
        Assert.Throws<CheckpointException>(() => Config.GetInt32("wide"));
        Assert.Throws<CheckpointException>(() => Config.GetInt32("lr"));
        Assert.Throws<CheckpointException>(() => Config.GetInt32("hex")); // quoted values are text
        Assert.Equal("16", Config.GetString("hex"));
        Assert.Throws<CheckpointException>(() => Config.GetBool("which"));
    }

    [Fact]
    public void Null_missing_and_absent_values_give_the_default()
    {
        foreach (var path in new[] { "nothing", "blank", "open", "absent", "seanet.absent", "which.deeper", "broken", "to_open", "to_null" })
        {
            Assert.False(Config.Has(path), path);
            Assert.Equal(3, Config.GetInt32(path, 3));
            Assert.Contains(path, Assert.Throws<CheckpointException>(() => Config.GetInt32(path)).Message, StringComparison.Ordinal);
        }

        Assert.True(Config.Has("seanet"));
        Assert.True(Config.Has("seanet.ratios.3"));
        Assert.False(Config.Has("seanet.ratios.4"));
        Assert.Contains("???", Assert.Throws<CheckpointException>(() => Config.GetString("open")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolvers_never_read_the_environment()
    {
        Assert.True(Config.Has("user"));
        var message = Assert.Throws<CheckpointException>(() => Config.GetString("user")).Message;
        Assert.Contains("oc.env:USER", message, StringComparison.Ordinal);
        Assert.Contains("'user'", message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => Config.GetString("user", "fallback"));
    }

    [Fact]
    public void Circular_reference_error_names_the_cycle()
    {
        Assert.Contains("'round'", Assert.Throws<CheckpointException>(() => Config.GetString("round")).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => Config.Has("round"));
    }

    [Fact]
    public void Value_of_the_wrong_type_is_an_error_with_its_path_and_value()
    {
        Assert.Contains("section", Assert.Throws<CheckpointException>(() => Config.GetString("seanet")).Message, StringComparison.Ordinal);
        Assert.Contains("list", Assert.Throws<CheckpointException>(() => Config.GetInt64("seanet.ratios")).Message, StringComparison.Ordinal);
        Assert.Contains("seanet.mixed.1", Assert.Throws<CheckpointException>(() => Config.GetInt64List("seanet.mixed")).Message, StringComparison.Ordinal);
        Assert.Contains("seanet.norm", Assert.Throws<CheckpointException>(() => Config.Section("seanet").Section("norm")).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Hostile => new()
    {
        "",
        "- 1",
        "just text",
        "a: 1\na: 2",
        "a: *nobody",
        "a: &a [*a]",
        "a: \"\\UFFFFFFFF\"",
        "? [1]\n: 2",
        "a: 1\n---\nb: 2",
        "a: [1, 2",
        new string('[', 100_000),
        string.Concat(Enumerable.Repeat("{a: ", 100_000)),
        new string('-', 1).PadRight(2) + string.Concat(Enumerable.Repeat("- ", 50_000)),
        "a0: &a0 x\n" + string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n")),
        new StringBuilder().Append("a: ").Append('x', 5 << 20).ToString(),
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Damaged_or_hostile_YAML_is_a_typed_error_within_a_second(string yaml)
    {
        var time = ProcessorTime.StartNew();
        Assert.Throws<CheckpointException>(() => CheckpointConfig.Parse(yaml, "hostile"));
        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Reference_expansion_is_bounded()
    {
        var doubling = "a0: xxxxxxxxxxxxxxxx\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"a{i}: ${{a{i - 1}}}${{a{i - 1}}}\n"));
        var chain = "a0: 1\n" + string.Concat(Enumerable.Range(1, 5000).Select(i => $"a{i}: ${{a{i - 1}}}\n"));
        var nested = "a: " + string.Concat(Enumerable.Repeat("${", 20_000)) + "b" + new string('}', 20_000);
        foreach (var (yaml, path) in new[] { (doubling, "a40"), (chain, "a5000"), (nested, "a"), ("a: ${", "a"), ("a: ${}x", "a"), ("a: ${......b}", "a") })
        {
            var time = ProcessorTime.StartNew();
            Assert.Throws<CheckpointException>(() => CheckpointConfig.Parse(yaml, "hostile").GetString(path));
            Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Truncated_configuration_parses_or_is_a_typed_error()
    {
        var yaml = File.ReadAllText(Golden.File("audiogen_tiny_checkpoint", "xp.cfg.lm.yaml"));
        var random = new Random(1);
        var errors = 0;
        for (var i = 0; i < 2000; i++)
        {
            var text = new StringBuilder(yaml, 0, random.Next(1, 600), 1024);
            for (var flips = random.Next(0, 4); flips > 0; flips--)
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 256);
            }

            try
            {
                var config = CheckpointConfig.Parse(text.ToString(), "cut");
                _ = config.Has("dataset.batch_size");
                _ = config.Keys();
            }
            catch (CheckpointException)
            {
                // Damaged text may throw only this exception.
                errors++;
            }
        }

        Assert.InRange(errors, 1, 1999);
    }
}
