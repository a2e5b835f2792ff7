using AudioCraft.Formats;

namespace AudioCraft.Tests.Formats;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("encoder.layers.0.weight", "encoder.layers.0.weight")]
    [InlineData("ça, 音楽 🎵 C:\\models", "ça, 音楽 🎵 C:\\models")]
    [InlineData("\u001b[31mred", "\\u001B[31mred")]
    [InlineData("two\r\nlines\tand a tab", "two\\r\\nlines\\tand a tab")]
    [InlineData("\u007f\u0085\u009b", "\\u007F\\u0085\\u009B")]
    [InlineData("\u202eright to left\u2066", "\\u202Eright to left\\u2066")]
    [InlineData("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029")]
    public void Unsafe_characters_are_escaped(string text, string expected) => Assert.Equal(expected, PrintableText.Of(text));

    [Fact]
    public void Unpaired_surrogates_and_tag_characters_are_escaped()
    {
        Assert.Equal("a\\uD800b", PrintableText.Of("a\ud800b"));
        Assert.Equal("\\uDC00", PrintableText.Of("\udc00"));
        Assert.Equal("\\uDB40\\uDC41", PrintableText.Of(char.ConvertFromUtf32(0xe0041)));
    }

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdefg", 6, "abcde…")]
    [InlineData("abc\u001b", 6, "abc…")]
    [InlineData("🎵🎵🎵", 4, "🎵…")]
    public void Long_text_is_cut(string text, int length, string expected) => Assert.Equal(expected, PrintableText.Of(text, length));
}
