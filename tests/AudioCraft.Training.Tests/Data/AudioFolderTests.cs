using System.Text;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Data;

public sealed class AudioFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_and_their_descriptions_are_found_in_order()
    {
        Write("b.wav", 1000);
        Write("a/c.WAV", 2000);
        folder.Write("b.json", """{"description": " A Dog ", "weight": 2.5, "other": [1]}"""u8);
        File.WriteAllText(Path.Combine(folder.Path, "a", "c.json"), """{"description": ["One", null, "two"]}""");
        folder.Write("notes.txt", "x"u8);
        var sounds = new AudioFolder(folder.Path);
        Assert.Equal(2, sounds.Count);
        Assert.Equal(["one", "two"], sounds.Info(0).Descriptions);
        Assert.Equal(2.0, sounds.Info(0).Seconds, 9);
        Assert.Equal(["a dog"], sounds.Info(1).Descriptions);
        Assert.Equal(2.5, sounds.Info(1).Weight);
        using var part = sounds.Read(0, 0.5, 0.25);
        using var whole = AudioFile.Read(sounds.Info(0).Name).Wav;
        Exactly.Equal(whole.narrow(1, 500, 250), part);
        using var end = sounds.Read(0, 1.9, 10);
        Assert.Equal([1, 100], end.shape);
        using var nothing = sounds.Read(0, 9, 1);
        Assert.Equal([1, 0], nothing.shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioFile.Read(sounds.Info(0).Name, -1));
    }

    [Fact]
    public void Missing_description_is_an_error_only_if_required()
    {
        Write("a.wav", 1000);
        Assert.Empty(new AudioFolder(folder.Path).Info(0).Descriptions);
        Assert.Contains("a.wav", Assert.Throws<AudioCraftException>(() => new AudioFolder(folder.Path, needDescriptions: true)).Message, StringComparison.Ordinal);
        folder.Write("a.json", """{"description": null}"""u8);
        Assert.Empty(new AudioFolder(folder.Path).Info(0).Descriptions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"description\": 3}")]
    [InlineData("{\"description\": {\"a\": 1}}")]
    [InlineData("{\"description\": [[\"a\"]]}")]
    [InlineData("{\"weight\": -1}")]
    [InlineData("{\"weight\": 1e999}")]
    public void Hostile_json_is_a_typed_error(string json)
    {
        Write("a.wav", 1000);
        folder.Write("a.json", Encoding.UTF8.GetBytes(json));
        Assert.Throws<AudioCraftException>(() => new AudioFolder(folder.Path));
    }

    [Fact]
    public void Deep_and_huge_json_is_a_typed_error_within_a_second()
    {
        Write("a.wav", 1000);
        var time = ProcessorTime.StartNew();
        foreach (var bytes in new[] { Enumerable.Repeat((byte)'[', 900_000).ToArray(), Enumerable.Repeat((byte)' ', 2 << 20).ToArray() })
        {
            folder.Write("a.json", bytes);
            Assert.Throws<AudioCraftException>(() => new AudioFolder(folder.Path));
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Empty_missing_and_damaged_folders_are_typed_errors()
    {
        Assert.Throws<AudioCraftException>(() => new AudioFolder(folder.Path));
        Assert.Throws<AudioCraftException>(() => new AudioFolder(folder.File("nowhere")));
        folder.Write("a.wav", "RIFFxxxx"u8);
        Assert.ThrowsAny<AudioCraftException>(() => new AudioFolder(folder.Path));
    }

    private void Write(string name, int samples)
    {
        using var wav = arange(samples, dtype: ScalarType.Float32).mul_(1f / samples);
        AudioFile.Write(folder.File(name), wav, 1000, new AudioWriteOptions { Normalize = false });
    }
}
