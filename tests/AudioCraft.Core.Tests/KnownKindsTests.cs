using AudioCraft.Tests.Checkpoints;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace AudioCraft.Tests;

public class KnownKindsTests
{
    private const string Json = """
        { "kinds": [ { "name": "dog barking", "terms": ["dog", "barking"] }, { "name": "clock ticking", "terms": ["clock"] }, { "name": "alarm clock", "terms": ["alarm clock"] } ] }
        """;

    [Theory]
    [InlineData("a dog", "dog barking")]
    [InlineData("Two DOGS, far away!", "dog barking")]
    [InlineData("barking", "dog barking")]
    [InlineData("an alarm clock and a clock", "alarm clock")]
    [InlineData("clock alarm", "alarm clock")]
    [InlineData("alarm clocks", "alarm clock")]
    [InlineData("a dog, then a clock", "dog barking", "clock ticking")]
    [InlineData("a jazz band playing")]
    [InlineData("dogma and clockwork")]
    [InlineData("ein Hund bellt")]
    [InlineData("कुत्ता")]
    [InlineData("雨")]
    [InlineData("\ud800")]
    [InlineData("...")]
    public void Description_matches_the_kinds_whose_terms_it_contains(string description, params string[] expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("kinds.json", System.Text.Encoding.UTF8.GetBytes(Json));
        var kinds = KnownKinds.Read(folder.Path);
        Assert.Equal(["dog barking", "clock ticking", "alarm clock"], kinds.Names);
        Assert.Equal(expected, kinds.Match(description));
        Assert.Equal(expected.Length > 0, kinds.Includes(description));
    }

    [Fact]
    public void Without_a_list_every_description_is_included_and_matches_nothing()
    {
        using var folder = new TemporaryFolder();
        var kinds = KnownKinds.Read(folder.Path);
        Assert.Empty(kinds.Names);
        Assert.Empty(kinds.Match("a dog"));
        Assert.True(kinds.Includes("a dog"));
    }

    [Fact]
    public void Audio_without_a_description_is_included()
    {
        var kinds = KnownKinds.Create([new AudioKind("rain", ["rain"])]);
        Assert.True(kinds.Includes(null));
        Assert.True(kinds.Includes(""));
        Assert.True(kinds.Includes(" "));
        Assert.True(kinds.Includes("\t\n"));
    }

    [Theory]
    [InlineData("church bell", "church bells")]
    [InlineData("churches", "a church")]
    [InlineData("bus", "two buses")]
    [InlineData("buses", "a bus")]
    [InlineData("glass", "glasses")]
    [InlineData("horse", "horses")]
    [InlineData("chorus", "choruses")]
    [InlineData("puppy", "puppies")]
    [InlineData("echo", "echoes")]
    [InlineData("shoe", "shoes")]
    [InlineData("movies", "movie")]
    public void Plural_and_singular_match(string term, string description) => Assert.Equal(["kind"], KnownKinds.Create([new AudioKind("kind", [term])]).Match(description));

    [Theory]
    [InlineData("toes", "to the left")]
    [InlineData("glass", "glas")]
    [InlineData("bus", "bu")]
    [InlineData("notes", "not")]
    public void Other_endings_do_not_match(string term, string description) => Assert.Empty(KnownKinds.Create([new AudioKind("kind", [term])]).Match(description));

    [Theory]
    [InlineData("caf\u00e9", "a cafe\u0301")]
    [InlineData("cafe\u0301", "CAF\u00c9S")]
    public void Composed_and_decomposed_accents_match(string term, string description) => Assert.Equal(["kind"], KnownKinds.Create([new AudioKind("kind", [term])]).Match(description));

    [Fact]
    public void Null_in_the_list_throws_ArgumentException()
    {
        Assert.Throws<ArgumentException>(() => KnownKinds.Create([null!]));
        Assert.Throws<ArgumentException>(() => KnownKinds.Create([new AudioKind(null!, [])]));
        Assert.Throws<ArgumentException>(() => KnownKinds.Create([new AudioKind("rain", null!)]));
        Assert.Throws<ArgumentException>(() => KnownKinds.Create([new AudioKind("rain", [null!])]));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{ \"kinds\": [ { \"name\": \"rain\" } ] }")]
    [InlineData("{ \"kinds\": [ { \"name\": \"\", \"terms\": [\"rain\"] } ] }")]
    [InlineData("{ \"kinds\": [ { \"name\": \"rain\", \"terms\": [\"!\"] } ] }")]
    [InlineData("{ \"kinds\": [ { \"name\": \"rain\", \"terms\": [] }, { \"name\": \"rain\", \"terms\": [] } ] }")]
    public void Damaged_file_throws_CheckpointException(string json)
    {
        using var folder = new TemporaryFolder();
        folder.Write("kinds.json", System.Text.Encoding.UTF8.GetBytes(json));
        Assert.Throws<CheckpointException>(() => KnownKinds.Read(folder.Path));
    }

    [Theory]
    [InlineData("heavy rain")]
    [InlineData("A deep siren, far away and repeatedly.")]
    [InlineData("rain on a tin roof")]
    [InlineData("dogs barking in the distance")]
    [InlineData("a car horn honking")]
    public void Bundled_model_knows_the_descriptions_that_it_was_trained_on(string description) => Assert.NotEmpty(BundledKinds().Match(description));

    [Theory]
    [InlineData("a jazz band playing")]
    [InlineData("someone speaking")]
    [InlineData("a piano")]
    [InlineData("a car passing by")]
    [InlineData("a glass of water")]
    [InlineData("ein Hund bellt")]
    [InlineData("un chien aboie")]
    [InlineData("lluvia")]
    [InlineData("дождь")]
    [InlineData("مطر")]
    [InlineData("สุนัข")]
    [InlineData("한국어")]
    [InlineData("asdf")]
    public void Bundled_model_does_not_know_other_descriptions(string description) => Assert.Empty(BundledKinds().Match(description));

    [Fact]
    public void Bundled_model_lists_its_30_kinds_and_each_name_matches_its_own_kind()
    {
        var kinds = BundledKinds();
        Assert.Equal(30, kinds.Names.Count);
        Assert.All(kinds.Names, name => Assert.Equal([name], kinds.Match(name)));
    }

    [Fact]
    public async Task Generation_logs_a_warning_for_each_description_that_matches_no_kind()
    {
        var log = new ListLogger();
        var options = new PretrainedOptions { Device = torch.CPU, Logger = log };
        using var model = AudioGen.GetPretrained("audiogen-tiny", options);
        model.GenerationParams = model.GenerationParams with { Duration = 0.1 };
        model.Generate(["rain", "a jazz band playing", "a piano"]).Dispose();
        Assert.Equal(2, log.Warnings.Count);
        Assert.Contains("Description 1", log.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("doorbell", log.Warnings[0], StringComparison.Ordinal);
        Assert.DoesNotContain("jazz", log.Warnings[0], StringComparison.Ordinal);
        await foreach (var chunk in model.GenerateStreamingAsync("a jazz band playing"))
        {
            chunk.Dispose();
        }

        Assert.Equal(3, log.Warnings.Count);
        model.GenerateUnconditional(1).Dispose();
        Assert.Equal(3, log.Warnings.Count);
    }

    private static KnownKinds BundledKinds() => KnownKinds.Read(ModelHub.Find("audiogen-tiny"));

    private sealed class ListLogger : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Warnings.Add(formatter(state, exception));
            }
        }
    }
}
