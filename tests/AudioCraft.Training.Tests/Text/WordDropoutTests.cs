namespace AudioCraft.Training.Tests;

public class WordDropoutTests
{
    private const string Text = "a dog barking far away and several times";

    [Fact]
    public void Words_are_dropped_with_the_given_probability_but_never_all()
    {
        var words = Text.Split(' ');
        var left = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var kept = new WordDropout(0.3).Apply(Text, seed).Split(' ');
            left += kept.Length;
            Assert.NotEmpty(kept[0]);
            Assert.Equal(kept, words.Where(kept.Contains));
        }

        Assert.InRange(left / (2000.0 * words.Length), 0.68, 0.72);
        Assert.All(Enumerable.Range(0, 100), seed => Assert.NotEqual("", new WordDropout(0.99).Apply(Text, seed)));
    }

    [Fact]
    public void Same_seed_drops_the_same_words_and_probability_0_none()
    {
        Assert.Equal(new WordDropout(0.5).Apply(Text, 7), new WordDropout(0.5).Apply(Text, 7));
        Assert.Equal("  as  it is ", new WordDropout(0).Apply("  as  it is ", 7));
        Assert.Equal("", new WordDropout(0.5).Apply("", 7));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void Invalid_probability_is_rejected(double probability) => Assert.Throws<ArgumentOutOfRangeException>(() => new WordDropout(probability));
}
