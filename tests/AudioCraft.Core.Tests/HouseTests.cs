namespace AudioCraft.Tests;

public class HouseTests
{
    [Fact]
    public void Every_typed_error_is_an_AudioCraftException()
    {
        Assert.IsAssignableFrom<AudioCraftException>(new CheckpointException("x"));
        Assert.IsAssignableFrom<AudioCraftException>(new AudioFormatException("x"));
    }
}
