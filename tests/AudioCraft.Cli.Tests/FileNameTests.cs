using System.Globalization;
using System.Text;
using AudioCraft.Cli.Output;
using AudioCraft.Formats;

namespace AudioCraft.Cli.Tests;

public sealed class FileNameTests
{
    [Theory]
    [InlineData("A dog, barks!", "a-dog-barks")]
    [InlineData("rain on: tin", "rain-on-tin")]
    [InlineData("नमस्ते", "नमस्ते")]
    [InlineData("เสียงฝนตก", "เสียงฝนตก")]
    [InlineData("أمطار غَزِيرَة", "أمطار-غَزِيرَة")]
    [InlineData("Mo\u0308we", "m\u00F6we")]
    [InlineData("M\u00F6we", "m\u00F6we")]
    [InlineData("\u1112\u1161\u11AB\u1100\u116E\u11A8\u110B\u1165", "\uD55C\uAD6D\uC5B4")]
    [InlineData("a\u0323\u0307", "\u1EA1\u0307")]
    [InlineData("a\u0307\u0323", "\u1EA1\u0307")]
    [InlineData("\u095C", "\u0921\u093C")]
    [InlineData("\u212B", "\u00E5")]
    [InlineData("🌧️", "🌧️")]
    [InlineData("👨‍👩‍👧 laughing", "👨‍👩‍👧-laughing")]
    [InlineData("👍🏽 rain", "👍🏽-rain")]
    [InlineData("CON", "sound-con")]
    [InlineData("nul", "sound-nul")]
    [InlineData("Aux", "sound-aux")]
    [InlineData("aux.wav", "aux-wav")]
    [InlineData("COM1", "sound-com1")]
    [InlineData("com0", "sound-com0")]
    [InlineData("COM¹", "sound-com¹")]
    [InlineData("conin$", "sound-conin")]
    [InlineData("comb", "comb")]
    [InlineData("..", "sound")]
    [InlineData("../x", "x")]
    [InlineData("a/b\\c", "a-b-c")]
    [InlineData("-rf", "rf")]
    [InlineData("#hash", "hash")]
    [InlineData("prompt with trailing dot. ", "prompt-with-trailing-dot")]
    [InlineData("a\tb\u0000\u001b[31m\u007f\u0085\u202ec", "a-b-31m-c")]
    [InlineData("!?*:;|<>\"", "sound")]
    [InlineData("", "sound")]
    [InlineData("\u3164\u115F\u200D\uFEFF", "sound")]
    [InlineData("\u0301\u0301", "sound")]
    public void Name_keeps_letters_with_their_marks(string title, string expected) => Assert.Equal(expected, FileName.Of(title));

    [Fact]
    public void Unpaired_surrogates_are_left_out() => Assert.Equal("a-b", FileName.Of("a\ud800b"));

    [Fact]
    public void All_names_are_legal_on_every_system_short_and_unique()
    {
        string[] titles =
        [
            .. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "prompts.txt")),
            new('x', 300), string.Concat(Enumerable.Repeat("雨", 300)), string.Concat(Enumerable.Repeat("क्षि", 300)), "a" + new string('\u0301', 2000), "👨‍👩‍👧" + new string('y', 300),
            "prn", "lpt9", "LPT²", "ß", "ẞ", "İ", "i\u0307", "straße", "STRASSE", "K", "\u212A", "x", "X", "नमस्‍ते", "नमस्ते",
        ];
        var names = FileName.Numbered(titles.Select(FileName.Of)).Select(name => FileName.WithNumber(name.Name, name.Number)).ToList();
        Assert.Equal(names.Count, names.Select(name => name.ToUpperInvariant()).Distinct().Count());
        foreach (var name in names)
        {
            Assert.InRange(Encoding.UTF8.GetByteCount($"{name}-1234567.flac"), 1, 255);
            Assert.DoesNotContain(name, c => char.IsControl(c) || "<>:\"/\\|?*".Contains(c, StringComparison.Ordinal));
            Assert.False(name[0] is '.' or '-' or ' ' || name[^1] is '.' or ' ' or '-', name);
            Assert.Equal(name, CanonicalComposition.Of(name));
            Assert.False(char.IsHighSurrogate(name[^1]));
        }
    }

    [Fact]
    public void Long_titles_are_cut_between_graphemes()
    {
        foreach (var grapheme in new[] { "क्षि", "👨‍👩‍👧", "e\u0301\u0323", "한", "x" })
        {
            var title = string.Concat(Enumerable.Repeat(grapheme, 100));
            var whole = StringInfo.ParseCombiningCharacters(CanonicalComposition.Of(title));
            var name = FileName.Of(title);
            Assert.Contains(name.Length, whole);
            Assert.StartsWith(name, CanonicalComposition.Of(title), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Repeated_names_are_numbered_without_collisions() =>
        Assert.Equal(
            ["rain", "rain-2", "rain-3", "rain-2-2", "RAIN-4"],
            FileName.Numbered(["rain", "rain", "rain", "rain-2", "RAIN"]).Select(name => FileName.WithNumber(name.Name, name.Number)));

    [Fact]
    public void Composition_matches_the_conformance_cases()
    {
        // Cases of Unicode's NormalizationTest.txt: source and form C.
        (string Source, string Composed)[] cases =
        [
            ("\u1E0A\u0323", "\u1E0C\u0307"), ("\u0044\u0307\u0323", "\u1E0C\u0307"), ("\u1E14\u0304", "\u1E14\u0304"), ("\u0112\u0300", "\u1E14"), ("\u0045\u0304\u0300", "\u1E14"),
            ("\u0340", "\u0300"), ("\u0374", "\u02B9"), ("\u0958", "\u0915\u093C"), ("\u2126", "\u03A9"), ("\uAC00\u11A8", "\uAC01"), ("\u1100\u1161\u11A8", "\uAC01"), ("\uF900", "\u8C48"),
            ("\u05B8\u05B9\u05B1\u0591\u05C3\u05B0\u05AC\u059F", "\u05B1\u05B8\u05B9\u0591\u05C3\u05B0\u05AC\u059F"), ("\u0592\u05B7\u05BC\u05A5\u05B0\u05C0\u05C4\u05AD", "\u05B0\u05B7\u05BC\u05A5\u0592\u05C0\u05AD\u05C4"),
            ("a\u0315\u0300\u05AE\u0062", "\u00E0\u05AE\u0315b"), ("\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE"), ("\u09C7\u09BE", "\u09CB"), ("\u1100\u0334\u1161", "\u1100\u0334\u1161"), ("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65"),
        ];
        Assert.All(cases, test => Assert.Equal(test.Composed, CanonicalComposition.Of(test.Source)));
    }
}
