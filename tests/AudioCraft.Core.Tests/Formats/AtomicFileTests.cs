using AudioCraft.Formats;
using AudioCraft.Tests.Checkpoints;

namespace AudioCraft.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Temporary_file_of_a_killed_process_is_removed_an_hour_later()
    {
        var (old, recent, used) = (TemporaryFile.NewName(folder.Path), TemporaryFile.NewName(folder.Path), TemporaryFile.NewName(folder.Path));
        var link = TemporaryFile.NewName(folder.Path);
        File.WriteAllBytes(old, [1, 2, 3]);
        File.WriteAllBytes(recent, [1, 2, 3]);
        File.WriteAllBytes(used, [1, 2, 3]);
        File.CreateSymbolicLink(link, "none");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        using (var writer = new FileStream(used, FileMode.Open, FileAccess.Write))
        {
            File.SetLastWriteTimeUtc(used, DateTime.UtcNow.AddHours(-2));
            AtomicFile.Write(folder.File("a.wav"), stream => stream.WriteByte(2));
        }

        Assert.Equal(new[] { folder.File("a.wav"), recent, used, link }.Order(), Directory.GetFileSystemEntries(folder.Path).Order());
    }

    [Fact]
    public async Task Writers_of_one_path_do_not_remove_the_files_of_each_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                AtomicFile.Write(folder.File("a.wav"), stream => stream.Write([(byte)writer, (byte)writer]));
            }
        })));
        Assert.Equal(2, new FileInfo(folder.File("a.wav")).Length);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Exceptions_of_the_contents_are_passed_on()
    {
        foreach (var error in new Exception[] { new FileNotFoundException("input"), new UnauthorizedAccessException("input"), new NotSupportedException("input"), new IOException("input") })
        {
            Assert.Same(error, Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder.File("a.wav"), stream =>
            {
                stream.WriteByte(1);
                throw error;
            })));
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Exceptions_of_the_file_are_AudioCraftExceptions()
    {
        if (File.Exists("/dev/full"))
        {
            foreach (var size in new[] { 1, 1 << 20 })
            {
                var error = Assert.Throws<AudioCraftException>(() => AtomicFile.Write("/dev/full", stream => stream.Write(new byte[size])));
                Assert.Contains("'/dev/full' cannot be written", error.Message, StringComparison.Ordinal);
            }
        }

        folder.Write("file", [1]);
        Assert.Throws<AudioCraftException>(() => AtomicFile.Write(folder.File("file/a.wav"), stream => stream.WriteByte(1)));
        Assert.ThrowsAny<IOException>(() => AtomicFile.Replace(folder.File("file/a.wav"), stream => stream.WriteByte(1)));
    }

    [Fact]
    public void Stream_can_seek_and_be_read()
    {
        AtomicFile.Write(folder.File("a.wav"), stream =>
        {
            stream.Write([1, 2, 3]);
            stream.Position = 1;
            Assert.Equal(2, stream.ReadByte());
            stream.Seek(0, SeekOrigin.Begin);
            stream.WriteByte(9);
            stream.SetLength(2);
        });
        Assert.Equal([9, 2], File.ReadAllBytes(folder.File("a.wav")));
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
}
