namespace AudioCraft.Training.Tests;

public class UnknownWordsTests
{
    /// <summary>A text whose words cannot be generated, because they have characters other than lower-case letters.</summary>
    private const string Text = "A siren, fast, distant.";

    [Fact]
    public void Words_keep_their_order_and_unknown_text_has_the_given_probability()
    {
        var words = Text.Split(' ');
        var (signs, made) = (0, 0);
        for (var seed = 0; seed < 2000; seed++)
        {
            var text = new UnknownWords(0.2).Apply(Text, seed);
            signs += text.Split("<unk>").Length - 1;
            var all = text.Replace("<unk>", "", StringComparison.Ordinal).Split(' ');
            made += all.Length - words.Length;
            Assert.Equal(words, all.Where(words.Contains));
            Assert.All(all.Except(words), word => Assert.Matches("^[a-z]{1,9}$", word));
        }

        Assert.InRange(signs / (2000.0 * words.Length), 0.09, 0.11);
        Assert.InRange(made / (2000.0 * words.Length), 0.09, 0.11);
    }

    [Fact]
    public void Same_seed_adds_the_same_text_and_probability_0_none()
    {
        Assert.Equal(new UnknownWords(0.5).Apply(Text, 7), new UnknownWords(0.5).Apply(Text, 7));
        Assert.Equal("  as  it is ", new UnknownWords(0).Apply("  as  it is ", 7));
        Assert.Equal("", new UnknownWords(1).Apply("", 7));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Invalid_probability_is_rejected(double probability) => Assert.Throws<ArgumentOutOfRangeException>(() => new UnknownWords(probability));
}
