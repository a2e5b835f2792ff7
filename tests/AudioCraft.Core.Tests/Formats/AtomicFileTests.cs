using AudioCraft.Formats;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Temporary_file_of_a_killed_process_is_removed_by_the_next_write()
    {
        var left = LeftBehind("a.wav");
        AtomicFile.Write(folder.File("b.wav"), stream => stream.WriteByte(1));
        Assert.True(File.Exists(left));
        AtomicFile.Write(folder.File("a.wav"), stream => stream.WriteByte(2));
        Assert.Equal(["a.wav", "b.wav"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Interleaved_writes_of_one_file_do_not_interfere()
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
    public void File_names_of_maximum_length_can_be_written()
    {
        var name = new string('x', 251) + ".wav";
        AtomicFile.Write(folder.File(name), stream => stream.WriteByte(1));
        Assert.True(File.Exists(folder.File(name)));
    }

    /// <summary>Creates the temporary file that a killed process leaves.</summary>
    private string LeftBehind(string name)
    {
        string? hidden = null;
        AtomicFile.Write(folder.File(name), _ => hidden = Directory.GetFiles(folder.Path).Single());
        File.Delete(folder.File(name));
        File.WriteAllBytes(hidden!, [1, 2, 3]);
        return hidden!;
    }
}
