namespace AudioCraft.Training.Tests.Text;

public sealed class WordRotationTests
{
    [Fact]
    public void Rotated_text_has_the_same_words_in_cyclic_order()
    {
        var rotation = new WordRotation(1);
        var words = "a church bell, low and far away".Split(' ');
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 200; seed++)
        {
            var turned = rotation.Apply(string.Join(' ', words), seed);
            Assert.Equal(turned, rotation.Apply(string.Join(' ', words), seed));
            var parts = turned.Split(' ');
            var first = Array.IndexOf(words, parts[0]);
            Assert.Equal(words.Skip(first).Concat(words.Take(first)), parts);
            seen.Add(turned);
        }

        Assert.Equal(words.Length, seen.Count);
    }

    [Fact]
    public void Probability_0_and_empty_texts_change_nothing()
    {
        Assert.Equal("one  two", new WordRotation(0).Apply("one  two", 5));
        Assert.Equal("", new WordRotation(1).Apply("", 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordRotation(1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordRotation(double.NaN));
    }
}
