using AudioCraft.Formats;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_a_killed_process_left_beside_a_file_goes_with_the_next_write_to_it()
    {
        var left = LeftBehind("a.wav");
        AtomicFile.Write(folder.File("b.wav"), stream => stream.WriteByte(1));
        Assert.True(File.Exists(left));
        AtomicFile.Write(folder.File("a.wav"), stream => stream.WriteByte(2));
        Assert.Equal(["a.wav", "b.wav"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Two_that_write_the_same_file_at_once_do_not_disturb_each_other()
    {
        AtomicFile.Write(folder.File("a.wav"), outer =>
        {
            outer.WriteByte(1);
            AtomicFile.Write(folder.File("a.wav"), inner => inner.WriteByte(2));
            outer.WriteByte(3);
        });
        Assert.Equal([1, 3], File.ReadAllBytes(folder.File("a.wav")));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_name_as_long_as_names_may_be_can_be_written()
    {
        var name = new string('x', 251) + ".wav";
        AtomicFile.Write(folder.File(name), stream => stream.WriteByte(1));
        Assert.True(File.Exists(folder.File(name)));
    }

    /// <summary>The hidden file of a writing that never ended, as a killed process leaves it.</summary>
    private string LeftBehind(string name)
    {
        string? hidden = null;
        AtomicFile.Write(folder.File(name), _ => hidden = Directory.GetFiles(folder.Path).Single());
        File.Delete(folder.File(name));
        File.WriteAllBytes(hidden!, [1, 2, 3]);
        return hidden!;
    }
}
