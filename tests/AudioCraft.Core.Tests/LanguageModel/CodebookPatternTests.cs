using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

public class CodebookPatternTests
{
    [Fact]
    public void Every_pattern_has_a_name_that_is_read_back()
    {
        foreach (var kind in Enum.GetValues<CodebookPatternKind>())
        {
            Assert.Equal(kind, CodebookPatternProvider.KindOf(CodebookPatternProvider.NameOf(kind)));
        }

        Assert.Contains("delay, parallel", Assert.Throws<CheckpointException>(() => CodebookPatternProvider.KindOf("spiral")).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> AllCases()
    {
        using var json = Cases();
        return [.. json.RootElement.EnumerateArray().Select(e => e.GetProperty("key").GetString()!)];
    }

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Pattern_layout_matches_upstream(string key)
    {
        using var json = Cases();
        var (pattern, expected) = Load(json, key);
        var layout = expected.GetProperty("layout").EnumerateArray()
            .Select(step => step.EnumerateArray().Select(c => new CodeCoordinate(c[0].GetInt32(), c[1].GetInt32())).ToList()).ToList();
        Assert.Equal(layout, pattern.Steps.Select(step => step.ToList()));
        Assert.Equal(expected.GetProperty("max_delay").GetInt32(), pattern.MaxDelay);
        Assert.Equal(expected.GetProperty("valid_layout_len").GetInt32(), pattern.ValidSteps);
        Assert.Equal(expected.GetProperty("starts_with_special_token").GetBoolean(), pattern.StartsWithSpecialToken);
        var first = expected.GetProperty("first_step_with_timestep").EnumerateArray().Select(Step).ToList();
        Assert.Equal(first, Enumerable.Range(0, first.Count).Select(t => pattern.FirstStepWithTimestep(t)));
        var q = 0;
        foreach (var steps in expected.GetProperty("first_step_with_timestep_q").EnumerateArray())
        {
            Assert.Equal(steps.EnumerateArray().Select(Step), Enumerable.Range(0, steps.GetArrayLength()).Select(t => pattern.FirstStepWithTimestep(t, q)));
            q++;
        }
    }

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Codes_to_sequence_and_back_match_upstream(string key)
    {
        using var scope = NewDisposeScope();
        using var json = Cases();
        using var io = Golden.Tensors("patterns");
        var (pattern, _) = Load(json, key);
        var compared = 0;
        foreach (var (name, keep) in new[] { ("keep0", false), ("keep1", true) })
        {
            if (!io.Tensors.ContainsKey($"{key}/{name}/seq"))
            {
                continue;
            }

            var (sequence, sequenceIndex, sequenceMask) = pattern.BuildSequence(io.Read($"{key}/z"), 99, keep);
            Exactly.Equal(io.Read($"{key}/{name}/seq"), sequence);
            Exactly.Equal(io.Read($"{key}/{name}/seq_idx"), sequenceIndex);
            Exactly.Equal(io.Read($"{key}/{name}/seq_mask"), sequenceMask);
            var (codes, codesIndex, codesMask) = pattern.RevertSequence(sequence, -7, keep);
            Exactly.Equal(io.Read($"{key}/{name}/rev"), codes);
            Exactly.Equal(io.Read($"{key}/{name}/rev_idx"), codesIndex);
            Exactly.Equal(io.Read($"{key}/{name}/rev_mask"), codesMask);
            var (logits, logitsIndex, logitsMask) = pattern.RevertLogits(io.Read($"{key}/{name}/logits"), double.NaN, keep);
            Near.Equal(io.Read($"{key}/{name}/rev_logits"), logits, 0);
            Exactly.Equal(io.Read($"{key}/{name}/rev_logits_idx"), logitsIndex);
            Exactly.Equal(io.Read($"{key}/{name}/rev_logits_mask"), logitsMask);
            compared++;
        }

        Assert.True(compared > 0);
    }

    [Fact]
    public void Short_codes_and_sequences_are_padded_as_upstream()
    {
        using var scope = NewDisposeScope();
        using var json = Cases();
        using var io = Golden.Tensors("patterns");
        var (pattern, _) = Load(json, "p0_T8");
        var (sequence, index, mask) = pattern.BuildSequence(io.Read("p0_T8/z").narrow(2, 0, 5), 99);
        Exactly.Equal(io.Read("p0_T8/short5/seq"), sequence);
        Exactly.Equal(io.Read("p0_T8/short5/seq_idx"), index);
        Exactly.Equal(io.Read("p0_T8/short5/seq_mask"), mask);
        var (codes, codesIndex, codesMask) = pattern.RevertSequence(io.Read("p0_T8/keep0/seq").narrow(2, 0, 4), -7);
        Exactly.Equal(io.Read("p0_T8/shortseq4/rev"), codes);
        Exactly.Equal(io.Read("p0_T8/shortseq4/rev_idx"), codesIndex);
        Exactly.Equal(io.Read("p0_T8/shortseq4/rev_mask"), codesMask);
    }

    [Fact]
    public void Decreasing_or_missing_delays_throw()
    {
        Assert.Contains("[1, 0]", Assert.Throws<ArgumentException>(() => new DelayedPatternProvider(2, [1, 0])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new DelayedPatternProvider(3, [0, 1]));
        Assert.Throws<ArgumentException>(() => new DelayedPatternProvider(2, [-1, 0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DelayedPatternProvider(4).GetPattern(0));
    }

    [Fact]
    public void Inconsistent_options_throw()
    {
        Assert.Contains("share inner step 1", Assert.Throws<ArgumentException>(() => new UnrolledPatternProvider(3, [0, 1, 1], [0, 1, 2])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new UnrolledPatternProvider(3, [0, 2, 1]));
        Assert.Throws<ArgumentException>(() => new UnrolledPatternProvider(3, delays: [0, 0]));
        Assert.Throws<ArgumentException>(() => new CoarseFirstPatternProvider(4, [0, 1, 2, 3]));
        Assert.Throws<ArgumentException>(() => new CoarseFirstPatternProvider(4, [2, 1, 0]));
        Assert.Contains("groups of 2", Assert.Throws<ArgumentException>(() => new MusicLMPatternProvider(3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MusicLMPatternProvider(3, 0));
    }

    [Fact]
    public void Decreasing_frames_and_repeated_codebooks_throw()
    {
        Assert.Contains("goes back", Assert.Throws<ArgumentException>(() => new CodebookPattern([[], [new(1, 0)], [new(0, 0)]], 1, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("two codes", Assert.Throws<ArgumentException>(() => new CodebookPattern([[], [new(0, 0), new(1, 0)]], 1, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("codebook 3", Assert.Throws<ArgumentException>(() => new CodebookPattern([[], [new(0, 3)]], 1, 2)).Message, StringComparison.Ordinal);
    }

    private static int? Step(JsonElement element) => element.ValueKind == JsonValueKind.Null ? null : element.GetInt32();

    private static JsonDocument Cases() => JsonDocument.Parse(File.ReadAllBytes(Golden.File("patterns", "patterns.json")));

    private static (CodebookPattern Pattern, JsonElement Expected) Load(JsonDocument json, string key)
    {
        var entry = json.RootElement.EnumerateArray().Single(e => e.GetProperty("key").GetString() == key);
        var kwargs = entry.GetProperty("kwargs");
        int Number(string name, int fallback) => kwargs.TryGetProperty(name, out var value) ? value.GetInt32() : fallback;
        int[]? Numbers(string name) => kwargs.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(d => d.GetInt32())] : null;
        var provider = CodebookPatternProvider.Create(new LMConfig
        {
            NumCodebooks = Number("n_q", 0),
            Pattern = entry.GetProperty("modeling").GetString() switch
            {
                "delay" => CodebookPatternKind.Delay,
                "parallel" => CodebookPatternKind.Parallel,
                "unroll" => CodebookPatternKind.Unroll,
                "coarse_first" => CodebookPatternKind.CoarseFirst,
                _ => CodebookPatternKind.MusicLM,
            },
            Delays = Numbers("delays"),
            Flattening = Numbers("flattening"),
            FlattenFirst = Number("flatten_first", 0),
            EmptyInitial = Number("empty_initial", 0),
            CodebookGroup = Number("group_by", 2),
        });
        return (provider.GetPattern(entry.GetProperty("timesteps").GetInt32()), entry);
    }
}
